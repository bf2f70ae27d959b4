using System.Text;
using Frontier.Protocol;

namespace Frontier.Load.Tests;

public sealed class ContentTests
{
    [TestCase(0)]
    [TestCase(5)]
    [TestCase(12)]
    [TestCase(128)]
    public void The_own_payload_is_recognised(int length)
    {
        var content = new Content("run", length);
        Assert.That(content.IsEcho(Answer(content, slot: 3, turn: 9), 3, 9));
    }

    [TestCase(3, 10u)]
    [TestCase(4, 9u)]
    public void The_answer_to_another_operation_is_not(int slot, uint turn)
    {
        var content = new Content("run", 128);
        Assert.That(content.IsEcho(Answer(content, 3, 9), slot, turn), Is.False);
    }

    [Test]
    public void A_payload_that_lost_a_byte_or_has_one_changed_is_not()
    {
        var content = new Content("run", 128);
        var stamped = Stamped(content, 3, 9);
        var changed = stamped.ToArray();
        changed[100] ^= 1;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(content.IsEcho(Body(content, changed), 3, 9), Is.False);
            Assert.That(content.IsEcho(Body(content, stamped[..^1]), 3, 9), Is.False);
            Assert.That(content.IsEcho(Body(content, []), 3, 9), Is.False);
            Assert.That(Content.DescribeProblem(Body(content, changed)), Is.EqualTo("wrong payload in an answer"));
        }
    }

    [Test]
    public void An_error_is_told_with_its_text()
    {
        var content = new Content("run", 128);
        var body = Body(content, Stamped(content, 3, 9), "rpc \"x\" not online");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(content.IsEcho(body, 3, 9), Is.False);
            Assert.That(content.HasError(body));
            Assert.That(Content.DescribeProblem(body), Is.EqualTo("error answer: rpc \"x\" not online"));
        }
    }

    [Test]
    public void A_stream_is_right_however_it_was_cut_and_wrong_when_blocks_change_places()
    {
        var pattern = new Content("run", 50).Payload;
        var blocks = new byte[200];
        for (var i = 0; i < 4; i++)
        {
            StreamCheck.WriteBlock(blocks.AsSpan(i * 50, 50), pattern, i);
        }

        for (var size = 1; size <= blocks.Length; size++)
        {
            var check = new StreamCheck(pattern);
            Assert.That(blocks.Chunk(size).All(part => check.Take(part)), $"in parts of {size}");
        }

        byte[] swapped = [.. blocks.AsSpan(50, 50), .. blocks.AsSpan(0, 50)];
        Assert.That(new StreamCheck(pattern).Take(swapped), Is.False);
    }

    private static byte[] Answer(Content content, int slot, uint turn) => Body(content, Stamped(content, slot, turn));

    private static byte[] Stamped(Content content, int slot, uint turn)
    {
        var payload = content.Payload.ToArray();
        if (payload.Length >= Content.StampLength)
        {
            content.WriteStamp(payload, slot, turn);
        }

        return payload;
    }

    private static byte[] Body(Content content, byte[] payload, string error = "")
    {
        var body = new MessageBody
        {
            SessionId = 1,
            IsBinary = true,
            Key = Encoding.UTF8.GetBytes(content.Method),
            Value = payload,
            Error = Encoding.UTF8.GetBytes(error),
        };
        var bytes = new byte[body.GetLength()];
        body.Write(bytes);
        return bytes;
    }
}

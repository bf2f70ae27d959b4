using System.Text;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.HostilePeers;

/// <summary>Frames that are not what their type says cost their sender its connection and nobody else anything.</summary>
[TestFixture(PeerSide.Edge)]
[TestFixture(PeerSide.Service)]
public sealed class MalformedFrameTests(PeerSide side) : HostilePeerFixture(side)
{
    private static readonly FrameType[] WithJson =
    [
        FrameType.Conn, FrameType.Session, FrameType.SessionAck, FrameType.Dismiss, FrameType.DismissAck,
        FrameType.Message, FrameType.MessageAck, FrameType.Request, FrameType.Response,
    ];

    private static readonly FrameType[] WithTimes = [FrameType.Message, FrameType.MessageAck, FrameType.Request, FrameType.Response];

    private static readonly FrameType[] WithFixedPart = [.. WithJson, FrameType.Stream, FrameType.Register, FrameType.RequestCancel];

    [Test]
    public Task A_version_other_than_one() =>
        LosesConnectionAsync("bad_version", peer => peer.SendAsync(GoFrame.Encode((byte)FrameType.Heartbeat, 1, [], version: 2)));

    [Test]
    public Task A_version_other_than_one_in_the_very_first_byte() =>
        LosesConnectionBeforeLoginAsync("bad_version", peer => peer.SendAsync("G"u8.ToArray()));

    [TestCase(0x00)]
    [TestCase(0x03)]
    [TestCase(0x62)]
    [TestCase(0x63)]
    [TestCase(0x74)]
    [TestCase(0xff)]
    public Task A_type_that_does_not_exist(byte type) =>
        LosesConnectionAsync("unknown_frame_type", peer => peer.SendAsync(GoFrame.Encode(type, 1, [])));

    [Test]
    public Task A_type_that_does_not_exist_before_the_login() =>
        LosesConnectionBeforeLoginAsync("unknown_frame_type", peer => peer.SendAsync(GoFrame.Encode(0x7f, 1, [])));

    [TestCase(uint.MaxValue)]
    [TestCase(int.MaxValue + 1u)]
    [TestCase((10u << 20) - GoFrame.HeaderLength + 1)]
    public Task A_length_beyond_the_limit_of_which_no_byte_ever_comes(uint length) =>
        LosesConnectionAsync("frame_too_large", peer => peer.SendAsync(GoFrame.Encode((byte)FrameType.Request, 1, [], length: length)));

    [Test]
    public Task A_length_beyond_the_limit_before_the_login() =>
        LosesConnectionBeforeLoginAsync("frame_too_large", peer => peer.SendAsync(GoFrame.Encode((byte)FrameType.Conn, 1, [], length: uint.MaxValue)));

    [Test]
    public Task A_login_above_the_limit_for_logins_before_its_body_comes() =>
        LosesConnectionBeforeLoginAsync("frame_too_large", peer => peer.SendAsync(GoFrame.Encode((byte)FrameType.Conn, 1, [], length: 101 << 10)));

    [Test]
    public Task Bytes_of_nothing_after_the_login() => LosesConnectionAsync("bad_version", async peer =>
    {
        var noise = new byte[4096];
        new Random(1).NextBytes(noise);
        noise[0] = 0xa5;
        await peer.TrySendAsync(noise);
    });

    [Test]
    public Task A_body_shorter_than_its_fixed_part([ValueSource(nameof(WithFixedPart))] FrameType type) =>
        SendsAsync(type, "truncated_body", (fixedPart, _) => fixedPart[..^1]);

    [Test]
    public Task No_body_at_all([ValueSource(nameof(WithFixedPart))] FrameType type) =>
        SendsAsync(type, "truncated_body", (_, _) => []);

    [Test]
    public Task No_json_where_json_should_be([ValueSource(nameof(WithJson))] FrameType type) =>
        SendsAsync(type, "malformed_json", (fixedPart, _) => [.. fixedPart, .. "nonsense"u8]);

    [Test]
    public Task Json_that_ends_too_soon([ValueSource(nameof(WithJson))] FrameType type) =>
        SendsAsync(type, "malformed_json", (fixedPart, _) => [.. fixedPart, .. "{\"error\":\"no end"u8]);

    [Test]
    public Task More_than_one_json_value([ValueSource(nameof(WithJson))] FrameType type) =>
        SendsAsync(type, "malformed_json", (fixedPart, json) => [.. fixedPart, .. json, .. "{}"u8]);

    [Test]
    public Task A_control_character_within_a_json_string([ValueSource(nameof(WithJson))] FrameType type) =>
        SendsAsync(type, "malformed_json", (fixedPart, _) => [.. fixedPart, .. "{\"error\":\"a\nb\"}"u8]);

    [Test]
    public Task Json_nested_deeper_than_any_sense([ValueSource(nameof(WithJson))] FrameType type) => SendsAsync(
        type,
        "malformed_json",
        (fixedPart, _) => [.. fixedPart, .. Encoding.UTF8.GetBytes($"{{\"unknown\":{new string('[', 40_000)}{new string(']', 40_000)}}}")]);

    [Test]
    public Task Bytes_that_are_not_base64([ValueSource(nameof(WithJson))] FrameType type) => SendsAsync(
        type,
        "malformed_base64",
        (fixedPart, _) => [.. fixedPart, .. (WithTimes.Contains(type) ? "{\"value\":\"no base64!\"}"u8 : "{\"meta\":\"no base64!\"}"u8)]);

    [Test]
    public Task Base64_without_its_padding([ValueSource(nameof(WithJson))] FrameType type) => SendsAsync(
        type,
        "malformed_base64",
        (fixedPart, _) => [.. fixedPart, .. (WithTimes.Contains(type) ? "{\"custom\":\"YQ\"}"u8 : "{\"meta\":\"YQ\"}"u8)]);

    [Test]
    public Task Text_that_is_not_utf8([ValueSource(nameof(WithJson))] FrameType type) =>
        SendsAsync(type, "malformed_utf8", (fixedPart, _) => [.. fixedPart, .. "{\"error\":\""u8, 0xff, 0xfe, .. "\"}"u8]);

    [Test]
    public Task A_method_name_that_is_not_utf8() => SendsAsync(FrameType.Register, "malformed_utf8", (fixedPart, _) => [.. fixedPart, 0xc3, 0x28]);

    [Test]
    public Task A_time_that_is_none([ValueSource(nameof(WithTimes))] FrameType type) =>
        SendsAsync(type, "malformed_time", (fixedPart, _) => [.. fixedPart, .. "{\"deadline\":\"tomorrow\",\"context\":{\"deadline\":\"0001-01-01T00:00:00Z\"}}"u8]);

    [Test]
    public Task A_time_that_is_none_in_the_context([ValueSource(nameof(WithTimes))] FrameType type) =>
        SendsAsync(type, "malformed_time", (fixedPart, _) => [.. fixedPart, .. "{\"deadline\":\"0001-01-01T00:00:00Z\",\"context\":{\"deadline\":\"2026-13-41T00:00:00Z\"}}"u8]);

    // Sends one frame of a type. Answers are sent where an answer is awaited, and then whoever asked hears that there will be none.
    private Task SendsAsync(FrameType type, string reason, Func<byte[], byte[], byte[]> makeBody)
    {
        if (type == FrameType.Conn)
        {
            return LosesConnectionBeforeLoginAsync(reason, peer => peer.SendAsync(new GoFrame(type, 1, makeBody([0x18, 0, .. GoFrame.Id(0)], "{}"u8.ToArray()))));
        }

        var data = Encoding.UTF8.GetBytes($"{{\"deadline\":\"{GoFrame.ZeroTime}\",\"context\":{{\"deadline\":\"{GoFrame.ZeroTime}\"}}}}");
        if (type is FrameType.Response or FrameType.MessageAck or FrameType.SessionAck)
        {
            Func<Task<GoPeer>> connect = type == FrameType.MessageAck && Side == PeerSide.Service
                ? () => GoPeer.ServiceAsync(Gateway, "hostile", [HostileTopic])
                : () => LogInAsync();
            return LosesConnectionAsync(reason, connect, async peer =>
            {
                var (question, outcome) = await AskAsync(peer, type);
                byte[] fixedPart = type == FrameType.SessionAck ? [0, 0, .. GoFrame.Id(question.NegotiateId), .. GoFrame.Id(question.NegotiateId)] : GoFrame.Id(GoFrame.Root);
                await peer.SendAsync(new GoFrame(type, question.PacketId, makeBody(fixedPart, type == FrameType.SessionAck ? "{}"u8.ToArray() : data)));
                Assert.That((await outcome.InTime()).Error, Is.EqualTo(Side == PeerSide.Edge ? "edge not online" : "service not online"));
            });
        }

        return LosesConnectionAsync(reason, peer =>
        {
            var (fixedPart, rest) = type switch
            {
                FrameType.Session => ((byte[])[0, 0x10, .. GoFrame.Id(peer.NextPacketId())], "{}"u8.ToArray()),
                FrameType.RequestCancel => ([.. GoFrame.Id(GoFrame.Root), 0, 1], []),
                FrameType.Request or FrameType.Message => (GoFrame.Id(GoFrame.Root), data),
                _ => (GoFrame.Id(GoFrame.Root), "{}"u8.ToArray()),
            };
            return peer.SendAsync(new GoFrame(type, peer.NextPacketId(), makeBody(fixedPart, rest)));
        });
    }
}

using CsCheck;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Bodies;

[TestFixture]
public sealed class ConnBodyTests
{
    [Test]
    public void Both_kinds_of_body_say_after_writing_what_they_said_before() =>
        Gen.Select(Gen.Byte[0, 0x3f], Gen.Bool, Gen.ULong, Gen.Byte.Array[0, 30], Gen.Char[' ', '\u07ff'].Array[0, 20], Gen.Bool).Sample(
            (flags, accepted, id, meta, chars, cancel) =>
            {
                var error = new string(chars);
                var features = cancel ? PeerFeatures.RequestCancel : PeerFeatures.None;
                var body = new ConnBody
                {
                    Flags = flags, Accepted = accepted, ClientId = id, Meta = Base64Text.Encode(meta), Error = JsonText.Escape(error), Features = features,
                };

                var output = new byte[body.GetConnLength()];
                body.WriteConn(output);
                var conn = ConnBody.ParseConn(output);
                Assert.That((conn.Flags, conn.ClientId, conn.Features), Is.EqualTo(((byte)(cancel ? flags | ConnBody.ExtendedFlag : flags), id, features)));
                Assert.That(Base64Text.Decode(conn.Meta), Is.EqualTo(meta));

                output = new byte[body.GetConnAckLength()];
                body.WriteConnAck(output);
                var ack = ConnBody.ParseConnAck(output);
                Assert.That((ack.Accepted, ack.ClientId, ack.Features), Is.EqualTo((accepted, id, features)));
                Assert.That(JsonText.Decode(ack.Error, ack.ErrorEscaped), Is.EqualTo(error));
            },
            iter: 1000);

    [TestCase(0x08, 5)]
    [TestCase(0x18, 20)]
    [TestCase(0x28, 80)]
    [TestCase(0x38, 320)]
    public void The_flags_say_how_often_a_heartbeat_comes(byte flags, int seconds) =>
        Assert.That(new ConnBody { Flags = flags }.HeartbeatInterval, Is.EqualTo(TimeSpan.FromSeconds(seconds)));

    [TestCase(0, 5)]
    [TestCase(19, 5)]
    [TestCase(20, 20)]
    [TestCase(79, 20)]
    [TestCase(80, 80)]
    [TestCase(1000, 80)]
    public void A_wanted_interval_becomes_the_longest_one_that_is_not_longer(int wanted, int seconds) =>
        Assert.That(new ConnBody { Flags = ConnBody.HeartbeatFlags(TimeSpan.FromSeconds(wanted)) }.HeartbeatInterval.TotalSeconds, Is.EqualTo(seconds));

    [TestCase("cancel", PeerFeatures.RequestCancel)]
    [TestCase("later,cancel,more", PeerFeatures.RequestCancel)]
    [TestCase("", PeerFeatures.None)]
    [TestCase("cancelled", PeerFeatures.None)]
    [TestCase(",,", PeerFeatures.None)]
    public void Features_of_later_versions_are_passed_over(string list, PeerFeatures features) =>
        Assert.That(ConnBody.ParseConn([0x40, 0, .. Wire.Body(1, $$"""{"features":"{{list}}"}""")]).Features, Is.EqualTo(features));
}

using System.Diagnostics;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.HostilePeers;

/// <summary>Peers that do nothing wrong but too slowly, or too much without looking at the answers.</summary>
[TestFixture(PeerSide.Edge)]
[TestFixture(PeerSide.Service)]
public sealed class StallingPeerTests(PeerSide side) : HostilePeerFixture(side)
{
    // Linux grows a socket's buffers to several MiB: only behind that does the gateway notice that nobody reads.
    private const int SmallestReceiveBuffer = 4096;
    private const int MuchMoreThanSocketsHold = 64 << 20;

    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(2);

    private protected override (string Key, string Value)[] Settings =>
    [
        ("limits:handshake_timeout", "2s"),
        ("limits:slow_consumer_timeout", "1s"),
        ("limits:max_outbound_bytes_per_connection", "256KiB"),
    ];

    [Test]
    public async Task A_peer_that_connects_and_says_nothing()
    {
        var started = Stopwatch.StartNew();
        await LosesConnectionBeforeLoginAsync("handshake_timeout", _ => Task.CompletedTask);
        Assert.That(started.Elapsed, Is.GreaterThan(HandshakeTimeout - TimeSpan.FromMilliseconds(100)), "it has its time");
    }

    [Test]
    public Task A_peer_that_drips_its_login() => LosesConnectionBeforeLoginAsync("handshake_timeout", async peer =>
    {
        var conn = GoFrame.Conn(peer.NextPacketId(), new byte[1000]).Bytes;
        for (var i = 0; i < conn.Length && !peer.IsEnded; i++)
        {
            await peer.TrySendAsync(conn.AsMemory(i, 1));
            await Task.Delay(20); // The drip is the attack.
        }
    });

    [Test]
    public Task A_peer_that_calls_and_calls_and_never_reads_an_answer() => FloodAsync(peer =>
        GoFrame.Data(FrameType.Request, peer.NextPacketId(), method: "echo", payload: new byte[8192], custom: ToCounterpart));

    [Test]
    public Task A_peer_that_calls_what_is_not_there_and_never_reads_the_refusals() => FloodAsync(peer =>
        GoFrame.Data(FrameType.Request, peer.NextPacketId(), method: new string('x', 900), custom: Side == PeerSide.Edge ? default : GoFrame.Id(404)));

    [Test]
    public Task A_peer_that_registers_and_registers_and_never_reads_the_acknowledgements() => FloodAsync(peer =>
        GoFrame.Register(peer.NextPacketId(), "always the same"));

    [Test]
    public Task A_peer_that_sends_heartbeats_without_end_and_never_reads() => FloodAsync(peer => GoFrame.Empty(FrameType.Heartbeat, peer.NextPacketId()));

    [Test]
    public Task A_peer_that_ends_streams_without_end_and_never_reads() => FloodAsync(peer => GoFrame.OfSession(FrameType.Dismiss, peer.NextPacketId(), 4711));

    [Test]
    public async Task A_peer_that_calls_and_calls_and_reads_everything_is_welcome()
    {
        const int Calls = 2000;
        await using var peer = await LogInAsync();
        var ids = new List<ulong>();
        for (var i = 0; i < Calls; i++)
        {
            ids.Add(await peer.StartCallAsync("echo", GoFrame.Id((ulong)i), ToCounterpart));
        }

        for (var i = 0; i < Calls; i++)
        {
            Assert.That((await peer.TakeAsync(FrameType.Response, ids[i])).Payload, Is.EqualTo(GoFrame.Id((ulong)i)));
        }

        await Bystanders.GoOnAsync();
    }

    // Sends until the gateway takes no more, and stays until it is cut.
    private Task FloodAsync(Func<GoPeer, GoFrame> next) => LosesConnectionAsync(
        "slow_consumer",
        () => LogInAsync(SmallestReceiveBuffer),
        async peer =>
        {
            peer.PauseReading();
            var sending = SendAsync();
            await Bystanders.GoOnAsync();
            await sending.InTime();
            peer.ResumeReading();

            async Task SendAsync()
            {
                var batch = new List<byte>();
                for (var sent = 0L; sent < MuchMoreThanSocketsHold && !peer.IsCut; sent += batch.Count)
                {
                    batch.Clear();
                    while (batch.Count < 32 * 1024)
                    {
                        batch.AddRange(next(peer).Bytes);
                    }

                    await peer.TrySendAsync(batch.ToArray());
                }
            }
        });
}

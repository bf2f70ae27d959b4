using System.Collections.Concurrent;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Connections;

/// <summary>Whatever races with what, whoever asked hears exactly one thing.</summary>
[TestFixture]
public sealed class AnsweredOnceTests
{
    private const int Rounds = 60;
    private const int CallsPerRound = 64;

    [Test]
    public async Task Whoever_asks_hears_once_when_answer_timeout_cancel_and_close_race()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var (acceptor, dialer) = await Links.Pair();
            var random = new Random(round);
            var start = new TaskCompletionSource();
            var sent = new ConcurrentBag<ulong>();
            var tasks = new List<Task>();
            for (ulong worker = 0; worker < 2; worker++)
            {
                var first = worker * CallsPerRound;
                var deadlines = Enumerable.Range(0, CallsPerRound).Select(_ => random.Next(4)).ToArray();
                tasks.Add(Task.Run(async () =>
                {
                    await start.Task;
                    for (ulong i = 0; i < CallsPerRound; i++)
                    {
                        var deadline = deadlines[i] == 0 ? Environment.TickCount64 : deadlines[i] == 1 ? Environment.TickCount64 + 2 : long.MaxValue;
                        if (dialer.Call("m", origin: first + i + 1, deadline: deadline) == SendOutcome.Sent)
                        {
                            sent.Add(first + i + 1);
                            if (deadlines[i] == 2)
                            {
                                dialer.Cancel(first + i + 1);
                            }
                        }
                    }
                }));
            }

            var closing = round % 4;
            tasks.Add(Task.Run(async () =>
            {
                await start.Task;
                Thread.SpinWait(2000 * (round % 20));
                switch (closing)
                {
                    case 0:
                        dialer.Abort(DisconnectReason.Kicked);
                        break;
                    case 1:
                        acceptor.Abort(DisconnectReason.Kicked);
                        break;
                    case 2:
                        dialer.Close(DisconnectReason.ShuttingDown);
                        break;
                    default:
                        break;
                }
            }));
            start.SetResult();
            await Task.WhenAll(tasks);
            await Eventually.True(() => dialer.Outcomes.Count >= sent.Count, "whatever was sent has an outcome");
            await Links.End(dialer, acceptor);
            Assert.That(dialer.Outcomes.Select(outcome => outcome.Origin), Is.EquivalentTo(sent));
        }
    }

    [Test]
    public async Task A_request_is_answered_once_however_many_answer_it()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var (acceptor, peer) = await Links.Open(setUp: connection => connection.WhenRequest = (self, request) => self.Take(request.PacketId));
            for (ulong i = 1; i <= 16; i++)
            {
                await peer.Send(Wire.Request(Links.FirstId + (2 * i), "m", "x"));
            }

            await Eventually.True(() => acceptor.Requests.Count == 16, "the requests arrive");
            var requests = acceptor.Requests.ToArray();
            using var start = new Barrier(3);
            await Task.WhenAll(Enumerable.Range(0, 3).Select(worker => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    foreach (var request in requests)
                    {
                        acceptor.Reply(request, worker.ToString());
                    }
                },
                TaskCreationOptions.LongRunning)));
            await peer.Send(Wire.Frame(FrameType.Heartbeat, Links.FirstId + 100));
            var answers = new List<ulong>();
            var heartbeat = false;
            while (answers.Count < 16 || !heartbeat)
            {
                var frame = await peer.Read();
                heartbeat |= frame.Type == FrameType.HeartbeatAck;
                if (frame.Type == FrameType.Response)
                {
                    answers.Add(frame.PacketId);
                }
            }

            acceptor.Call("marker");
            Assert.That((await peer.Read()).Type, Is.EqualTo(FrameType.Request), "no second answer follows");
            Assert.That(answers, Is.EquivalentTo(requests.Select(request => request.PacketId)));
            Assert.That(acceptor.InFlight, Is.Zero);
            await Links.End(acceptor);
        }
    }

    [Test]
    public async Task What_is_pending_when_a_connection_ends_is_given_up_before_it_reports_its_end()
    {
        var (acceptor, peer) = await Links.Open(setUp: connection => connection.WhenClosed = self => Assert.That(self.Outcomes, Has.Count.EqualTo(50)));
        for (ulong i = 0; i < 50; i++)
        {
            acceptor.Call("m", origin: i);
        }

        peer.Hangup();
        Assert.That(await Eventually.Done(acceptor.Run, "the connection ends"), Is.EqualTo(DisconnectReason.ConnectionLost));
        Assert.That(acceptor.Outcomes.Select(outcome => outcome.Loss), Is.All.EqualTo(ReplyLoss.ConnectionClosed));
        Assert.That(acceptor.ClosedCount, Is.EqualTo(1));
        Assert.That(acceptor.Call("m"), Is.EqualTo(SendOutcome.NotConnected));
        Assert.That(acceptor.Open(), Is.EqualTo(SendOutcome.NotConnected));
        Assert.That(acceptor.RegisterMethod("m"), Is.EqualTo(SendOutcome.NotConnected));
        Assert.That(acceptor.Outcomes, Has.Count.EqualTo(50), "a refused attempt is not heard of again");
    }
}

using Frontier.Client;
using Frontier.EndToEnd.Tests.Contract;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Extension;

/// <summary>Streams between a Go end and an end of the SDK that end before their time: each hears of it as far as its protocol can say it.</summary>
/// <param name="goSide">Which of the two is the Go end.</param>
[TestFixture(PeerSide.Edge)]
[TestFixture(PeerSide.Service)]
public sealed class GoStreamAbortTests(PeerSide goSide)
{
    private GoPeer _go = null!;
    private FrontierClient _sdk = null!;
    private FrontierStream _stream = null!;
    private ulong _sessionId;

    private static TestGateway Gateway => SharedGateway.Gateway;

    [SetUp]
    public async Task Open()
    {
        Task<FrontierStream> opening;
        if (goSide == PeerSide.Edge)
        {
            var service = await Gateway.ConnectServiceAsync("sdk-end");
            (_sdk, _go) = (service, await GoPeer.EdgeAsync(Gateway));
            opening = service.OpenStreamAsync(_go.Id);
        }
        else
        {
            _go = await GoPeer.ServiceAsync(Gateway, "go-end");
            var edge = await Gateway.ConnectEdgeAsync();
            _sdk = edge;
            opening = edge.OpenStreamAsync("go-end");
        }

        _sessionId = (await _go.AcceptStreamAsync()).NegotiateId;
        _stream = await opening.InTime();
    }

    [TearDown]
    public async Task Disconnect()
    {
        await _stream.DisposeAsync();
        await _go.DisposeAsync();
        await _sdk.DisposeAsync();
    }

    [Test]
    public async Task A_Go_end_gets_everything_that_was_written_and_a_Dismiss_that_says_aborted_and_its_connection_stays()
    {
        await _stream.WriteAsync("part"u8.ToArray()).InTime();
        await _stream.DisposeAsync();
        var bytes = await _go.TakeAsync(FrameType.Stream);
        Assert.That(bytes.Body[8..], Is.EqualTo("part"u8.ToArray()));
        var end = await _go.TakeAsync(FrameType.Dismiss);
        Assert.That((end.SessionId, end.Error), Is.EqualTo((_sessionId, "stream aborted")));
        await _go.PostAsync(GoFrame.Stream(_go.NextPacketId(), _sessionId, new byte[100_000])); // As a Go end that has not seen the Dismiss yet.
        await _go.DismissAsync(_sessionId);
        await _sdk.RegisterAsync("echo", Sdk.Echo);
        var answer = await _go.CallAsync("echo", "x"u8.ToArray(), goSide == PeerSide.Edge ? default : GoFrame.Id(((FrontierEdge)_sdk).EdgeId));
        Assert.That(answer.Payload, Is.EqualTo("x"u8.ToArray()));
        Assert.That(_go.Inbox.Select(frame => frame.Type), Has.None.EqualTo(FrameType.StreamStop), "it knows no such frame");
    }

    [Test]
    public async Task A_Go_end_that_goes_on_writing_to_a_reader_that_left_holds_up_nobody()
    {
        await _stream.Input.CompleteAsync();
        for (var i = 0; i < 100; i++)
        {
            await _go.PostAsync(GoFrame.Stream(_go.NextPacketId(), _sessionId, new byte[32 * 1024]));
        }

        await _sdk.RegisterAsync("echo", Sdk.Echo);
        var answer = await _go.CallAsync("echo", "x"u8.ToArray(), goSide == PeerSide.Edge ? default : GoFrame.Id(((FrontierEdge)_sdk).EdgeId));
        Assert.That(answer.Payload, Is.EqualTo("x"u8.ToArray()));
        await _stream.WriteAsync("still here"u8.ToArray()).InTime();
        Assert.That((await _go.TakeAsync(FrameType.Stream)).Body[8..], Is.EqualTo("still here"u8.ToArray()));
    }

    [Test]
    public async Task A_Go_process_that_is_killed_is_no_end_of_its_stream()
    {
        var reading = _stream.ReadAsync(new byte[1]).AsTask();
        var writing = StreamAbortTests.WriteForEverAsync(_stream);
        _go.Reset();
        await StreamAbortTests.FailsAsync(StreamAbortReason.ConnectionLost, () => reading);
        await StreamAbortTests.FailsAsync(StreamAbortReason.ConnectionLost, () => writing);
        Assert.That(_sdk.IsConnected);
    }

    [Test]
    public async Task A_Go_end_that_closes_its_stream_has_come_to_the_end()
    {
        await _go.PostAsync(GoFrame.Stream(_go.NextPacketId(), _sessionId, "all"u8));
        await _go.DismissAsync(_sessionId);
        using var reader = new StreamReader(_stream, leaveOpen: true);
        Assert.That(await reader.ReadToEndAsync().InTime(), Is.EqualTo("all"));
    }
}

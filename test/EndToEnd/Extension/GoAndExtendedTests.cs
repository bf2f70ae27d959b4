using System.Text;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Extension;

/// <summary>A Go end, byte for byte, and an end of the SDK that uses the whole extension: neither sees what the other speaks.</summary>
/// <param name="goSide">Which of the two is the Go end.</param>
[TestFixture(PeerSide.Edge)]
[TestFixture(PeerSide.Service)]
public sealed class GoAndExtendedTests(PeerSide goSide)
{
    private static readonly byte[] EveryByte = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

    private GoPeer _go = null!;
    private FrontierEdge? _edge;
    private FrontierService? _service;

    private static TestGateway Gateway => SharedGateway.Gateway;

    private FrontierClient Sdk => (FrontierClient?)_edge ?? _service!;

    private ulong EdgeId => _edge?.EdgeId ?? _go.Id;

    // What a Go service puts behind custom to say which edge it means.
    private byte[] Address => goSide == PeerSide.Edge ? [] : GoFrame.Id(EdgeId);

    [SetUp]
    public async Task Connect()
    {
        if (goSide == PeerSide.Edge)
        {
            _service = await Gateway.ConnectServiceAsync("extended", ["topic"]);
            _go = await GoPeer.EdgeAsync(Gateway);
        }
        else
        {
            _go = await GoPeer.ServiceAsync(Gateway, "go", ["topic"]);
            _edge = await Gateway.ConnectEdgeAsync();
        }
    }

    [TearDown]
    public async Task Disconnect()
    {
        await _go.DisposeAsync();
        await Sdk.DisposeAsync();
        (_edge, _service) = (null, null);
    }

    [Test]
    public async Task A_call_of_the_Go_end_is_answered()
    {
        FrontierRequest? seen = null;
        await Sdk.RegisterAsync("größe", (request, _) =>
        {
            seen = request;
            return ValueTask.FromResult(new CallResponse(request.Payload, "back"u8.ToArray()));
        });
        var answer = await _go.CallAsync("größe", EveryByte, (byte[])[.. "there"u8, .. Address]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen!.Payload.ToArray(), Is.EqualTo(EveryByte));
            Assert.That(seen.Custom.ToArray(), Is.EqualTo("there"u8.ToArray()));
            Assert.That(seen.EdgeId, Is.EqualTo(goSide == PeerSide.Edge ? EdgeId : 0));
            Assert.That(answer.Method, Is.EqualTo("größe"), "a plain answer repeats the method");
            Assert.That(answer.Payload, Is.EqualTo(EveryByte));
            Assert.That(answer.Custom, Is.EqualTo([.. "back"u8, .. Address]));
            Assert.That(answer.Error, Is.Empty);
        }
    }

    [Test]
    public async Task A_call_of_the_extended_end_is_answered()
    {
        GoFrame? seen = null;
        await _go.ServeAsync("größe", request =>
        {
            seen = request;
            return GoPeer.Respond(request, EveryByte, "back"u8);
        });
        var answer = await CallAsync("größe", "hello"u8.ToArray(), new CallOptions { Custom = "there"u8.ToArray(), Timeout = TimeSpan.FromSeconds(20) });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen!.Payload, Is.EqualTo("hello"u8.ToArray()));
            Assert.That(seen.Custom, Is.EqualTo([.. "there"u8, .. goSide == PeerSide.Edge ? [] : GoFrame.Id(EdgeId)]));
            Assert.That((string?)seen.Json["deadline"], Does.Not.StartWith("0001"));
            Assert.That((string?)seen.Json["context"]!["deadline"], Does.Not.StartWith("0001"), "the caller's own limit");
            Assert.That(answer.Payload.ToArray(), Is.EqualTo(EveryByte));
            Assert.That(answer.Custom.ToArray(), Is.EqualTo("back"u8.ToArray()));
        }
    }

    [Test]
    public async Task Errors_keep_their_text_for_the_Go_end_and_get_a_number_for_the_other()
    {
        await Sdk.RegisterAsync("fails", (_, _) => throw new FrontierException(FrontierErrorCode.RateLimited, "später, \"bitte\" <\u2028>"));
        var answer = await _go.CallAsync("fails", default, Address);
        Assert.That(answer.Error, Is.EqualTo("später, \"bitte\" <\u2028>"));
        Assert.That(answer.Json.ContainsKey("code"), Is.False);

        await _go.ServeAsync("refuses", request => GoPeer.Respond(request, default, error: "no \\\"way\\\" \\u003c"));
        var error = await Support.Sdk.CatchAsync(() => CallAsync("refuses"));
        Assert.That((error.Code, error.Message), Is.EqualTo((FrontierErrorCode.Unknown, "no \"way\" <")));

        error = await Support.Sdk.CatchAsync(() => CallAsync("missing"));
        Assert.That(error.Code, Is.EqualTo(FrontierErrorCode.MethodNotFound));
        Assert.That((await _go.CallAsync("missing", default, Address)).Error, Is.EqualTo(goSide == PeerSide.Edge ? "record not found" : "no such rpc: missing"));
    }

    [Test]
    public async Task A_message_of_the_Go_end_is_acknowledged_or_failed([Values] bool fails)
    {
        var next = Sdk.ReceiveAsync().NextAsync();
        var published = _go.PublishAsync("topic", EveryByte, (byte[])[.. "beside"u8, .. Address]);
        var message = await next.InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(message.Topic, Is.EqualTo("topic"));
            Assert.That(message.Payload.ToArray(), Is.EqualTo(EveryByte));
            Assert.That(message.Custom.ToArray(), Is.EqualTo("beside"u8.ToArray()));
        }

        await (fails ? message.FailAsync("no") : message.AckAsync());
        Assert.That((await published.InTime()).Error, Is.EqualTo(fails ? "no" : ""));
    }

    [Test]
    public async Task A_message_of_the_extended_end_is_acknowledged_or_failed([Values] bool fails)
    {
        GoFrame? seen = null;
        _go.OnMessage = message =>
        {
            seen = message;
            return GoPeer.Acknowledge(message, fails ? "no" : "");
        };
        Task published = _edge is null
            ? _service!.PublishAsync(EdgeId, "topic", EveryByte).AsTask()
            : _edge.PublishAsync("topic", EveryByte).AsTask();
        if (fails)
        {
            await Support.Sdk.FailsAsync(FrontierErrorCode.Unknown, "no", () => published);
        }
        else
        {
            await published.InTime();
        }

        Assert.That(seen!.Payload, Is.EqualTo(EveryByte));
        Assert.That((string?)seen.Json["topic"], Is.EqualTo("topic"));
    }

    [Test]
    public async Task A_stream_carries_bytes_messages_and_calls_both_ways()
    {
        var accepting = _go.AcceptStreamAsync();
        var opening = _edge is null ? _service!.OpenStreamAsync(EdgeId, "meta"u8.ToArray()) : _edge.OpenStreamAsync("go", "meta"u8.ToArray());
        var session = (await accepting.InTime()).NegotiateId;
        await using var stream = await opening.InTime();

        await stream.WriteAsync(EveryByte).InTime();
        Assert.That((await _go.TakeAsync(FrameType.Stream)).Body.AsSpan(8).ToArray(), Is.EqualTo(EveryByte));
        await _go.PostAsync(GoFrame.Stream(_go.NextPacketId(), session, "from Go"u8));
        var bytes = new byte[7];
        await stream.ReadExactlyAsync(bytes).InTime();
        Assert.That(Encoding.UTF8.GetString(bytes), Is.EqualTo("from Go"));

        await stream.RegisterAsync("inside", (request, _) => ValueTask.FromResult(new CallResponse(request.Payload, request.Custom)));
        var answer = await _go.CallAsync("inside", EveryByte, "custom"u8.ToArray(), session);
        Assert.That((answer.Method, answer.Payload, answer.Custom), Is.EqualTo(("inside", EveryByte, "custom"u8.ToArray())));
        _go.Handle("back", request => GoPeer.Respond(request, request.Payload, request.Custom));
        var back = await stream.CallAsync("back", EveryByte, new CallOptions { Custom = "custom"u8.ToArray() }).InTime();
        Assert.That((back.Payload.ToArray(), back.Custom.ToArray()), Is.EqualTo((EveryByte, "custom"u8.ToArray())));

        var next = stream.ReceiveAsync().NextAsync();
        var published = _go.PublishAsync("t", EveryByte, default, session);
        var message = await next.InTime();
        Assert.That((message.Topic, message.Payload.ToArray()), Is.EqualTo(("t", EveryByte)));
        await message.AckAsync();
        Assert.That((await published.InTime()).Error, Is.Empty);
        _go.OnMessage = received => GoPeer.Acknowledge(received, "not this");
        await Support.Sdk.FailsAsync(FrontierErrorCode.Unknown, "not this", () => stream.PublishAsync("t", EveryByte).AsTask());
    }

    [Test]
    public async Task Who_gives_up_is_answered_though_a_Go_handler_cannot_hear_of_it([Values] bool inStream)
    {
        FrontierStream? stream = null;
        if (inStream)
        {
            var accepting = _go.AcceptStreamAsync();
            var opening = _edge is null ? _service!.OpenStreamAsync(EdgeId) : _edge.OpenStreamAsync("go");
            await accepting.InTime();
            stream = await opening.InTime();
        }

        var arrived = new TaskCompletionSource<GoFrame>(TaskCreationOptions.RunContinuationsAsynchronously);
        GoFrame? Hold(GoFrame request)
        {
            arrived.TrySetResult(request);
            return null;
        }

        await _go.ServeAsync("slow", Hold);
        using var giveUp = new CancellationTokenSource();
        var call = stream is null ? CallAsync("slow", cancellationToken: giveUp.Token) : stream.CallAsync("slow", default, cancellationToken: giveUp.Token).AsTask();
        var request = await arrived.Task.InTime();
        await giveUp.CancelAsync();
        await Assert.CatchAsync<OperationCanceledException>(() => call.InTime());

        // A late answer is nobody's, and the Go end, which would not survive a frame that it does not know, is still there.
        await _go.PostAsync(GoPeer.Respond(request, "late"u8));
        await _go.ServeEchoAsync("echo");
        Assert.That((await CallAsync("echo", EveryByte)).Payload.ToArray(), Is.EqualTo(EveryByte));
        if (stream is not null)
        {
            await stream.DisposeAsync();
        }
    }

    private Task<CallResponse> CallAsync(
        string method, ReadOnlyMemory<byte> payload = default, CallOptions? options = null, CancellationToken cancellationToken = default) =>
        _edge is null
            ? _service!.CallAsync(EdgeId, method, payload, options, cancellationToken).AsTask()
            : _edge.CallAsync(method, payload, options, cancellationToken).AsTask();
}

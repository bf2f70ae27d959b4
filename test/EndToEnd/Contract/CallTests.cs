using System.Collections.Concurrent;
using System.Text;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;

namespace Frontier.EndToEnd.Tests.Contract;

/// <summary>RPC between edges and services, in both directions.</summary>
[TestFixture(Ends.Extended)]
[TestFixture(Ends.Plain)]
[TestFixture(Ends.PlainEdge)]
[TestFixture(Ends.PlainService)]
public sealed class CallTests(Ends ends) : EndsFixture(ends)
{
    private static readonly byte[] EveryByte = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

    // A plain end writes and reads times, whose clock packet ids tell to the second.
    private static readonly TimeSpan Rounding = TimeSpan.FromSeconds(2);

    private FrontierService _service = null!;
    private FrontierEdge _edge = null!;

    private static TestGateway Gateway => SharedGateway.Gateway;

    [SetUp]
    public async Task Connect()
    {
        _service = await Gateway.ConnectServiceAsync("calls");
        _edge = await Gateway.ConnectEdgeAsync();
    }

    [TearDown]
    public async Task Disconnect()
    {
        await _edge.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Test]
    public async Task An_edge_calls_the_service_that_has_the_method()
    {
        FrontierRequest? seen = null;
        await _service.RegisterAsync("upper", (request, _) =>
        {
            seen = request;
            return ValueTask.FromResult(new CallResponse("ANSWER"u8.ToArray(), "back"u8.ToArray()));
        });
        var answer = await _edge.CallAsync("upper", EveryByte, new CallOptions { Custom = "there"u8.ToArray() }).InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen!.Method, Is.EqualTo("upper"));
            Assert.That(seen.Payload.ToArray(), Is.EqualTo(EveryByte));
            Assert.That(seen.Custom.ToArray(), Is.EqualTo("there"u8.ToArray()));
            Assert.That(seen.EdgeId, Is.EqualTo(_edge.EdgeId));
            Assert.That(answer.Payload.ToArray(), Is.EqualTo("ANSWER"u8.ToArray()));
            Assert.That(answer.Custom.ToArray(), Is.EqualTo("back"u8.ToArray()));
        }
    }

    [Test]
    public async Task A_service_calls_an_edge_by_its_id()
    {
        FrontierRequest? seen = null;
        await _edge.RegisterAsync("lower", (request, _) =>
        {
            seen = request;
            return ValueTask.FromResult(new CallResponse("answer"u8.ToArray(), "back"u8.ToArray()));
        });
        var answer = await _service.CallAsync(_edge.EdgeId, "lower", EveryByte, new CallOptions { Custom = "there"u8.ToArray() }).InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen!.Method, Is.EqualTo("lower"));
            Assert.That(seen.Payload.ToArray(), Is.EqualTo(EveryByte));
            Assert.That(seen.Custom.ToArray(), Is.EqualTo("there"u8.ToArray()));
            Assert.That(answer.Payload.ToArray(), Is.EqualTo("answer"u8.ToArray()));
            Assert.That(answer.Custom.ToArray(), Is.EqualTo("back"u8.ToArray()));
        }
    }

    [Test]
    public async Task On_the_wire_the_edge_id_is_cut_off_custom_towards_an_edge_and_put_behind_it_towards_a_service([Range(0, 9)] int length)
    {
        var custom = EveryByte[100..(100 + length)];
        await using var service = await GoPeer.ServiceAsync(Gateway);
        await using var edge = await GoPeer.EdgeAsync(Gateway);
        var method = $"custom-{length}";
        await edge.ServeAsync(method, request => GoPeer.Respond(request, request.Custom, custom));
        await service.ServeAsync(method, request => GoPeer.Respond(request, request.Custom, custom));
        var fromEdge = await service.CallAsync(method, default, (byte[])[.. custom, .. GoFrame.Id(edge.Id)]);
        var fromService = await edge.CallAsync(method, default, custom);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fromEdge.Payload, Is.EqualTo(custom), "what the edge saw");
            Assert.That(fromEdge.Custom, Is.EqualTo(length == 0 ? [] : (byte[])[.. custom, .. GoFrame.Id(edge.Id)]), "what the service got back");
            Assert.That(fromService.Payload, Is.EqualTo((byte[])[.. custom, .. GoFrame.Id(edge.Id)]), "what the service saw");
            Assert.That(fromService.Custom, Is.EqualTo(custom), "what the edge got back");
        }
    }

    [Test]
    public async Task Empty_payloads_stay_empty()
    {
        await _service.RegisterAsync("nothing-up", Sdk.Echo);
        await _edge.RegisterAsync("nothing-down", Sdk.Echo);
        Assert.That((await _edge.CallAsync("nothing-up", default).InTime()).Payload.Length, Is.Zero);
        Assert.That((await _service.CallAsync(_edge.EdgeId, "nothing-down", default).InTime()).Payload.Length, Is.Zero);
    }

    [Test]
    public async Task What_a_handler_reports_reaches_the_caller_word_for_word([Values("no such thing", "\"quoted\" \\ <tag> & ünïcode \u2028 \n line")] string text)
    {
        ValueTask<CallResponse> Fail(FrontierRequest request, CancellationToken cancellationToken) => throw new FrontierException(FrontierErrorCode.Unknown, text);
        await _service.RegisterAsync("fail-up", Fail);
        await _edge.RegisterAsync("fail-down", Fail);
        await Sdk.FailsAsync(FrontierErrorCode.Unknown, text, () => _edge.CallAsync("fail-up", default).AsTask());
        await Sdk.FailsAsync(FrontierErrorCode.Unknown, text, () => _service.CallAsync(_edge.EdgeId, "fail-down", default).AsTask());
    }

    [Test]
    public Task A_method_that_no_service_has_is_not_found() =>
        Sdk.FailsAsync(FrontierErrorCode.MethodNotFound, "record not found", () => _edge.CallAsync("nobody-has-this", default).AsTask());

    [Test]
    public Task A_method_that_the_edge_does_not_have_is_no_such_rpc() =>
        Sdk.FailsAsync(FrontierErrorCode.MethodNotFound, "no such rpc: nobody-has-this", () => _service.CallAsync(_edge.EdgeId, "nobody-has-this", default).AsTask());

    [Test]
    public Task An_edge_that_is_not_there_is_not_online() =>
        Sdk.FailsAsync(FrontierErrorCode.EdgeNotOnline, "edge not online", () => _service.CallAsync(404, "any", default).AsTask());

    [Test]
    public async Task The_callers_deadline_reaches_the_handler()
    {
        var seen = new ConcurrentDictionary<string, DateTimeOffset?>();
        ValueTask<CallResponse> Note(FrontierRequest request, CancellationToken cancellationToken)
        {
            seen[request.Method] = request.Deadline;
            return ValueTask.FromResult<CallResponse>(default);
        }

        await _service.RegisterAsync("until-up", Note);
        await _edge.RegisterAsync("until-down", Note);
        var before = DateTimeOffset.UtcNow;
        var options = new CallOptions { Timeout = TimeSpan.FromSeconds(12) };
        await _edge.CallAsync("until-up", default, options).InTime();
        await _service.CallAsync(_edge.EdgeId, "until-down", default, options).InTime();
        var after = DateTimeOffset.UtcNow;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen["until-up"], Is.InRange(before + options.Timeout - Rounding, after + options.Timeout + Rounding));
            Assert.That(seen["until-down"], Is.InRange(before + options.Timeout - Rounding, after + options.Timeout + Rounding));
        }
    }

    [Test]
    public async Task Without_a_deadline_of_the_caller_the_handler_learns_the_gateways_thirty_seconds()
    {
        DateTimeOffset? seen = null;
        await _service.RegisterAsync("until-default", (request, _) =>
        {
            seen = request.Deadline;
            return ValueTask.FromResult<CallResponse>(default);
        });
        var before = DateTimeOffset.UtcNow;
        await _edge.CallAsync("until-default", default).InTime();
        Assert.That(seen, Is.InRange(before + TimeSpan.FromSeconds(30) - Rounding, DateTimeOffset.UtcNow + TimeSpan.FromSeconds(30) + Rounding));
    }

    [Test]
    public async Task Calls_are_answered_in_the_order_the_handlers_finish()
    {
        var first = new TaskCompletionSource();
        await _service.RegisterAsync("overtake", async (request, _) =>
        {
            await (request.Payload.Span[0] == 1 ? first.Task : Task.CompletedTask);
            return request.Payload;
        });
        var slow = _edge.CallAsync("overtake", new byte[] { 1 }).AsTask();
        Assert.That((await _edge.CallAsync("overtake", new byte[] { 2 }).InTime()).Payload.ToArray(), Is.EqualTo(new byte[] { 2 }));
        Assert.That(slow.IsCompleted, Is.False);
        first.SetResult();
        Assert.That((await slow.InTime()).Payload.ToArray(), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public async Task Method_names_may_be_any_text([Values("weiß-数字", "with space/slash?and=more", "\ttab")] string method)
    {
        await _service.RegisterAsync(method, Sdk.Echo);
        Assert.That(Encoding.UTF8.GetString((await _edge.CallAsync(method, "x"u8.ToArray()).InTime()).Payload.Span), Is.EqualTo("x"));
    }
}

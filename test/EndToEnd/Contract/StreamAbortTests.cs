using System.Buffers;
using System.Text;
using Frontier.Client;
using Frontier.EndToEnd.Tests.Support;

namespace Frontier.EndToEnd.Tests.Contract;

/// <summary>An aborted stream never looks like one that came to its end, and a writer whose reader left stops; whoever opened the stream.</summary>
[TestFixture(PeerSide.Edge)]
[TestFixture(PeerSide.Service)]
public sealed class StreamAbortTests(PeerSide openedBy)
{
    private const string ServiceName = "aborts";

    private FrontierService _service = null!;
    private FrontierEdge _edge = null!;
    private FrontierStream _opened = null!;
    private FrontierStream _accepted = null!;

    private static TestGateway Gateway => SharedGateway.Gateway;

    [SetUp]
    public async Task Open()
    {
        _service = await Gateway.ConnectServiceAsync(ServiceName);
        _edge = await Gateway.ConnectEdgeAsync();
        FrontierClient acceptor = openedBy == PeerSide.Edge ? _service : _edge;
        var accepted = acceptor.AcceptStreamsAsync().NextAsync();
        _opened = await (openedBy == PeerSide.Edge ? _edge.OpenStreamAsync(ServiceName) : _service.OpenStreamAsync(_edge.EdgeId)).InTime();
        _accepted = await accepted.InTime();
    }

    [TearDown]
    public async Task Disconnect()
    {
        await _opened.DisposeAsync();
        await _accepted.DisposeAsync();
        await _edge.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Test]
    public async Task A_handler_that_throws_before_it_has_written_everything_aborts_the_stream_by_disposing_it()
    {
        await Assert.CatchAsync<InvalidOperationException>(async () =>
        {
            await using (_accepted)
            {
                await _accepted.WriteAsync("the first half"u8.ToArray()).InTime();
                throw new InvalidOperationException("halfway");
            }
        });
        Assert.That(await ReadAsync(_opened, 14), Is.EqualTo("the first half"), "what was written can be read");
        await FailsAsync(StreamAbortReason.WriterAborted, () => _opened.ReadAsync(new byte[1]).AsTask());
        await FailsAsync(StreamAbortReason.WriterAborted, () => _opened.ReadAsync(new byte[1]).AsTask());
        await StopsAsync(_opened);
    }

    [Test]
    public async Task A_reader_that_waits_hears_of_an_abort()
    {
        var reading = _opened.ReadAsync(new byte[1]).AsTask();
        await _accepted.DisposeAsync();
        await FailsAsync(StreamAbortReason.WriterAborted, () => reading);
    }

    [Test]
    public async Task An_output_that_is_completed_with_an_exception_aborts_its_half_and_the_other_goes_on([Values] bool sync)
    {
        await _opened.Output.WriteAsync("part"u8.ToArray()).AsTask().InTime();
        _opened.Output.GetSpan(1)[0] = (byte)'x';
        _opened.Output.Advance(1); // Not flushed, and so not sent.
        if (sync)
        {
            _opened.Output.Complete(new InvalidOperationException("no more"));
        }
        else
        {
            await _opened.Output.CompleteAsync(new InvalidOperationException("no more"));
        }

        Assert.That(await ReadAsync(_accepted, 4), Is.EqualTo("part"));
        await FailsAsync(StreamAbortReason.WriterAborted, () => _accepted.Input.ReadAsync().AsTask());
        await _accepted.WriteAsync("answer"u8.ToArray()).InTime();
        await _accepted.CompleteWritesAsync().InTime();
        using var reader = new StreamReader(_opened, leaveOpen: true);
        Assert.That(await reader.ReadToEndAsync().InTime(), Is.EqualTo("answer"));
    }

    [Test]
    public async Task An_output_that_is_completed_without_an_exception_ends_its_half([Values] bool sync)
    {
        _opened.Output.Write("all"u8);
        if (sync)
        {
            _opened.Output.Complete();
        }
        else
        {
            await _opened.Output.CompleteAsync();
        }

        using var reader = new StreamReader(_accepted, leaveOpen: true);
        Assert.That(await reader.ReadToEndAsync().InTime(), Is.EqualTo("all"));
    }

    [Test]
    public async Task A_stream_whose_writes_are_complete_is_disposed_without_an_abort()
    {
        await _opened.WriteAsync("all"u8.ToArray()).InTime();
        await _opened.CompleteWritesAsync().InTime();
        await _opened.DisposeAsync();
        using var reader = new StreamReader(_accepted, leaveOpen: true);
        Assert.That(await reader.ReadToEndAsync().InTime(), Is.EqualTo("all"));
    }

    [Test]
    public async Task A_writer_stops_when_the_reader_completes_its_input_and_the_other_half_goes_on()
    {
        var writing = WriteForEverAsync(_opened);
        await ReadAsync(_accepted, 100_000);
        await _accepted.Input.CompleteAsync();
        await FailsAsync(StreamAbortReason.ReaderLeft, () => writing);
        await _accepted.WriteAsync("enough"u8.ToArray()).InTime();
        Assert.That(await ReadAsync(_opened, 6), Is.EqualTo("enough"));
    }

    [Test]
    public async Task A_writer_that_waits_for_a_reader_hears_that_it_left()
    {
        var writing = WriteForEverAsync(_opened); // Nobody reads: it waits when the stream is full.
        await _accepted.DisposeAsync();
        await FailsAsync(StreamAbortReason.ReaderLeft, () => writing);
    }

    [Test]
    public async Task A_pipe_writer_is_told_of_a_reader_that_left_in_the_result_of_its_flush()
    {
        await _accepted.Input.CompleteAsync();
        await Eventually.HoldsAsync(async () => (await _opened.Output.WriteAsync(new byte[1000])).IsCompleted, "the flush says so");
        await _opened.Output.CompleteAsync();
    }

    [Test]
    public async Task Calls_inside_a_stream_go_on_when_nobody_wants_its_bytes()
    {
        await _accepted.RegisterAsync("echo", Sdk.Echo);
        await _accepted.Input.CompleteAsync();
        await StopsAsync(_opened);
        Assert.That((await _opened.CallAsync("echo", "x"u8.ToArray()).InTime()).Payload.ToArray(), Is.EqualTo("x"u8.ToArray()));
    }

    [Test]
    public async Task A_client_that_closes_in_good_order_with_a_stream_open_has_not_ended_the_stream([Values] PeerSide leaving)
    {
        var (left, stays) = (leaving == openedBy) ? (_opened, _accepted) : (_accepted, _opened);
        await left.WriteAsync("part"u8.ToArray()).InTime();
        Assert.That(await ReadAsync(stays, 4), Is.EqualTo("part"));
        await (leaving == PeerSide.Edge ? _edge.DisposeAsync() : _service.DisposeAsync());
        await FailsAsync(StreamAbortReason.ConnectionLost, () => stays.ReadAsync(new byte[1]).AsTask());
        await FailsAsync(StreamAbortReason.ConnectionLost, () => WriteForEverAsync(stays));
    }

    [Test]
    public async Task A_stream_that_is_aborted_harms_no_other_of_the_same_connections()
    {
        FrontierClient acceptor = openedBy == PeerSide.Edge ? _service : _edge;
        var accepted = acceptor.AcceptStreamsAsync().NextAsync();
        await using var second = await (openedBy == PeerSide.Edge ? _edge.OpenStreamAsync(ServiceName) : _service.OpenStreamAsync(_edge.EdgeId)).InTime();
        await using var other = await accepted.InTime();
        var writing = WriteForEverAsync(_opened);
        await _accepted.DisposeAsync();
        await FailsAsync(StreamAbortReason.ReaderLeft, () => writing);
        await second.WriteAsync("on and on"u8.ToArray()).InTime();
        await second.CompleteWritesAsync().InTime();
        using var reader = new StreamReader(other, leaveOpen: true);
        Assert.That(await reader.ReadToEndAsync().InTime(), Is.EqualTo("on and on"));
    }

    /// <summary>Reading or writing fails, for a reason.</summary>
    internal static async Task FailsAsync(StreamAbortReason reason, Func<Task> act)
    {
        var error = await Assert.ThrowsAsync<StreamAbortedException>(() => act().InTime());
        Assert.That(error!.Reason, Is.EqualTo(reason));
    }

    /// <summary>Writes until that fails.</summary>
    internal static async Task WriteForEverAsync(FrontierStream stream)
    {
        var block = new byte[16 * 1024];
        while (true)
        {
            await stream.WriteAsync(block);
        }
    }

    private static Task StopsAsync(FrontierStream stream) => FailsAsync(StreamAbortReason.ReaderLeft, () => WriteForEverAsync(stream));

    private static async Task<string> ReadAsync(FrontierStream stream, int count)
    {
        var buffer = new byte[count];
        await stream.ReadExactlyAsync(buffer).InTime();
        return Encoding.UTF8.GetString(buffer);
    }
}

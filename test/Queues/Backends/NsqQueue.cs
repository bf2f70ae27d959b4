using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Frontier.Queues.Tests.Support;

namespace Frontier.Queues.Tests.Backends;

/// <summary>
/// A server that keeps to nsqd's protocol V2 as far as a producer sees it: magic, IDENTIFY with feature negotiation, PUB, MPUB, NOP, heartbeats, errors. It
/// keeps what it took, as an nsqd with a disk does, when its connections are cut and it is started again.
/// </summary>
internal sealed class NsqQueue : ITestQueue
{
    private const int MaxMessage = 1 << 20;

    private readonly Lock _gate = new();
    private readonly List<Received> _received = [];
    private readonly List<Socket> _connections = [];
    private readonly int _port = ServerProcess.FreePort();
    private TcpListener? _listener;
    private Task _serving = Task.CompletedTask;
    private int _answeredHeartbeats;

    public string Name => "nsq";

    public string Topic => "telemetry";

    public bool HasHeaders => false;

    public bool Keeps => true;

    /// <summary>How often a client has answered a heartbeat.</summary>
    public int AnsweredHeartbeats => Volatile.Read(ref _answeredHeartbeats);

    public (string Key, string Value)[] Settings =>
        [("mqm:nsq:enable", "true"), ("mqm:nsq:addrs:0", $"127.0.0.1:{_port}"), ("mqm:nsq:producer:topics:0", Topic), ("mqm:nsq:producer:topics:1", "not a topic")];

    public Task StartAsync()
    {
        _listener = new TcpListener(IPAddress.Loopback, _port) { ExclusiveAddressUse = false };
        _listener.Start();
        _serving = ServeAsync(_listener);
        return Task.CompletedTask;
    }

    public async Task KillAsync()
    {
        _listener?.Dispose();
        _listener = null;
        await _serving;
        lock (_gate)
        {
            foreach (var connection in _connections)
            {
                connection.LingerState = new LingerOption(true, 0);
                connection.Dispose();
            }

            _connections.Clear();
        }
    }

    public Task<IReadOnlyList<Received>> ReadAllAsync()
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<Received>>([.. _received]);
        }
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    private async Task ServeAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var socket = await listener.AcceptSocketAsync();
                lock (_gate)
                {
                    _connections.Add(socket);
                }

                _ = TalkAsync(new NetworkStream(socket));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task TalkAsync(NetworkStream stream)
    {
        try
        {
            Assert.That(await ReadAsync(stream, 4), Is.EqualTo("  V2"u8.ToArray()));
            var writing = new SemaphoreSlim(1, 1);
            using var over = new CancellationTokenSource();
            while (true)
            {
                var words = (await ReadLineAsync(stream)).Split(' ');
                switch (words[0])
                {
                    case "IDENTIFY":
                        using (var json = JsonDocument.Parse(await ReadSizedAsync(stream)))
                        {
                            Assert.That(json.RootElement.GetProperty("feature_negotiation").GetBoolean(), Is.True);
                        }

                        await AnswerAsync(stream, writing, 0, "{\"max_rdy_count\":2500,\"tls_v1\":false,\"max_msg_size\":" + MaxMessage + "}");
                        _ = BeatAsync(stream, writing, over.Token);
                        break;
                    case "PUB" when IsTopic(words[1]):
                        Take(words[1], await ReadSizedAsync(stream));
                        await AnswerAsync(stream, writing, 0, "OK");
                        break;
                    case "MPUB" when IsTopic(words[1]):
                        await ReadNumberAsync(stream); // The size of the rest.
                        var count = await ReadNumberAsync(stream);
                        var bodies = new List<byte[]>();
                        for (var i = 0; i < count; i++)
                        {
                            bodies.Add(await ReadSizedAsync(stream));
                        }

                        bodies.ForEach(body => Take(words[1], body));
                        await AnswerAsync(stream, writing, 0, "OK");
                        break;
                    case "NOP":
                        Interlocked.Increment(ref _answeredHeartbeats);
                        break;
                    default:
                        await AnswerAsync(stream, writing, 1, words[0] is "PUB" or "MPUB" ? "E_BAD_TOPIC" : "E_INVALID");
                        stream.Close(); // As nsqd does after an error like these.
                        await over.CancelAsync();
                        return;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The client is gone, or this server was killed.
        }
    }

    private void Take(string topic, byte[] body)
    {
        Assert.That(topic, Is.EqualTo(Topic));
        lock (_gate)
        {
            _received.Add(new Received(body, new Dictionary<string, byte[]>()));
        }
    }

    private static bool IsTopic(string topic) => topic.Length is > 0 and <= 64 && topic.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static async Task BeatAsync(NetworkStream stream, SemaphoreSlim writing, CancellationToken over)
    {
        try
        {
            while (true)
            {
                await Task.Delay(100, over);
                await AnswerAsync(stream, writing, 0, "_heartbeat_");
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The connection is over.
        }
    }

    private static async Task AnswerAsync(NetworkStream stream, SemaphoreSlim writing, int type, string text)
    {
        var data = Encoding.UTF8.GetBytes(text);
        var frame = new byte[8 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, data.Length + 4);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), type);
        data.CopyTo(frame, 8);
        await writing.WaitAsync();
        try
        {
            await stream.WriteAsync(frame);
        }
        finally
        {
            writing.Release();
        }
    }

    private static async Task<string> ReadLineAsync(NetworkStream stream)
    {
        var line = new List<byte>();
        while (line.Count == 0 || line[^1] != '\n')
        {
            line.Add((await ReadAsync(stream, 1))[0]);
        }

        return Encoding.UTF8.GetString([.. line]).TrimEnd('\n');
    }

    private static async Task<byte[]> ReadSizedAsync(NetworkStream stream) => await ReadAsync(stream, await ReadNumberAsync(stream));

    private static async Task<int> ReadNumberAsync(NetworkStream stream) => BinaryPrimitives.ReadInt32BigEndian(await ReadAsync(stream, 4));

    private static async Task<byte[]> ReadAsync(NetworkStream stream, int length)
    {
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes);
        return bytes;
    }
}

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Frontier.Protocol;
using Frontier.Vectors;

namespace Frontier.ControlPlane.Tests.Support;

/// <summary>The end of a Frontlas of the original: answers and announces what was recorded, and shows what it is sent.</summary>
internal sealed class GoFrontlas : IAsyncDisposable
{
    private const int HeaderLength = 14;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Channel<SentReport> _reports = Channel.CreateUnbounded<SentReport>();
    private readonly Task _serving;
    private TcpClient? _current;
    private int _registersAcknowledged;

    public GoFrontlas()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>What a frontier and its Frontlas said to each other.</summary>
    public static IReadOnlyList<RecordedEvent> Recorded { get; } = [.. RecordedConversation.Load("frontlas_frontierbound").Packets];

    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>What the last frontier said first, whole frame.</summary>
    public byte[] Conn { get; private set; } = [];

    public int RegistersAcknowledged => Volatile.Read(ref _registersAcknowledged);

    /// <summary>What is wrong with a report; null for nothing.</summary>
    public Func<SentReport, string?> Judge { get; set; } = _ => null;

    /// <summary>The body of a frame, behind its header.</summary>
    public static byte[] BodyOf(ReadOnlySpan<byte> frame) => frame[HeaderLength..].ToArray();

    /// <summary>The next report, of whatever kind but signs of life.</summary>
    public async Task<SentReport> NextAsync(string? method = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var report = await _reports.Reader.ReadAsync(limit.Token);
            if (method is null ? !report.Method.EndsWith("_heartbeat", StringComparison.Ordinal) : report.Method == method)
            {
                return report;
            }
        }
    }

    /// <summary>The connection is lost without a word.</summary>
    public void Drop() => _current!.Dispose();

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        _current?.Dispose();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                _current = await _listener.AcceptTcpClientAsync();
                await TalkAsync(_current.GetStream());
                _current.Dispose();
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException && _listener.Server.IsBound)
            {
                // The next connection.
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private async Task TalkAsync(NetworkStream stream)
    {
        var header = new byte[HeaderLength];
        while (true)
        {
            await stream.ReadExactlyAsync(header);
            var body = new byte[BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(10))];
            await stream.ReadExactlyAsync(body);
            switch ((FrameType)header[1])
            {
                case FrameType.Conn:
                    Conn = [.. header, .. body];
                    await SendAsync(stream, FrameType.ConnAck, header, [0, .. new byte[] { 0, 0, 0, 0, 0, 0, 0, 7 }, .. "{}"u8]);
                    foreach (var announcement in Recorded.Where(packet => packet is { Listener: "frontlas", FromPeer: false, Type: "register" }))
                    {
                        await stream.WriteAsync(announcement.Bytes);
                    }

                    break;
                case FrameType.RegisterAck:
                    Interlocked.Increment(ref _registersAcknowledged);
                    break;
                case FrameType.Request:
                    var report = SentReport.Read(body);
                    var error = Judge(report) is { } problem ? $"\"error\":\"{problem}\"," : "";
                    var answer = $$$"""{"key":"{{{Convert.ToBase64String(Encoding.UTF8.GetBytes(report.Method))}}}",{{{error}}}"deadline":"0001-01-01T00:00:00Z","context":{"deadline":"0001-01-01T00:00:00Z"}}""";
                    await SendAsync(stream, FrameType.Response, header, [.. body[..8], .. Encoding.UTF8.GetBytes(answer)]);
                    _reports.Writer.TryWrite(report);
                    break;
                case FrameType.Heartbeat:
                    await SendAsync(stream, FrameType.HeartbeatAck, header, []);
                    break;
                case FrameType.Dismiss or FrameType.DisConn:
                    return; // A goodbye.
            }
        }
    }

    private static async Task SendAsync(NetworkStream stream, FrameType type, byte[] header, byte[] body)
    {
        var length = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)body.Length);
        await stream.WriteAsync((byte[])[header[0], (byte)type, .. header[2..10], .. length, .. body]);
    }

    /// <summary>A report as it was sent.</summary>
    internal sealed record SentReport(byte[] Body, string Method, string Value)
    {
        public static SentReport Read(byte[] body)
        {
            using var json = JsonDocument.Parse(body.AsMemory(sizeof(ulong)));
            return new SentReport(
                body,
                Encoding.UTF8.GetString(json.RootElement.GetProperty("key").GetBytesFromBase64()),
                Encoding.UTF8.GetString(json.RootElement.GetProperty("value").GetBytesFromBase64()));
        }

        /// <summary>The same with another value.</summary>
        public byte[] With(string value) => [.. Body[..sizeof(ulong)], .. Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(Body[sizeof(ulong)..]).Replace(Encode(Value), Encode(value)))];

        private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
    }
}

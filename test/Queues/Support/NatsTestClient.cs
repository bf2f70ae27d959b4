using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Frontier.Queues.Tests.Support;

/// <summary>As much of a NATS client as reading needs; written apart from the code under test.</summary>
internal sealed class NatsTestClient : IDisposable
{
    // Otherwise each small write waits for the acknowledgement of the one before it, 40 ms.
    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly NetworkStream _stream;

    private NatsTestClient(int port)
    {
        _client.Connect(IPAddress.Loopback, port);
        _stream = _client.GetStream();
    }

    public static async Task<NatsTestClient> ConnectAsync(int port)
    {
        var client = new NatsTestClient(port);
        try
        {
            Assert.That(await client.ReadLineAsync(), Does.StartWith("INFO "));
            await client.SendAsync("CONNECT {\"verbose\":false,\"headers\":true}\r\nPING\r\n");
            var answer = await client.ReadLineAsync();
            return answer == "PONG" ? client : throw new IOException(answer);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>The next message: its header block, and its payload.</summary>
    public async Task<(string Header, byte[] Payload)> NextAsync()
    {
        while (true)
        {
            var line = await ReadLineAsync();
            var words = line.Split(' ');
            switch (words[0])
            {
                case "PING":
                    await SendAsync("PONG\r\n");
                    break;
                case "MSG":
                    return ("", (await ReadAsync(int.Parse(words[^1]) + 2))[..^2]);
                case "HMSG":
                    var all = await ReadAsync(int.Parse(words[^1]) + 2);
                    var header = int.Parse(words[^2]);
                    return (Encoding.UTF8.GetString(all, 0, header), all[header..^2]);
                case "PONG" or "INFO":
                    break;
                default:
                    throw new IOException(line);
            }
        }
    }

    public static Dictionary<string, byte[]> Headers(string block) => block.Split("\r\n").Skip(1).Where(line => line.Length > 0)
        .Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => Encoding.UTF8.GetBytes(pair[1].Trim()));

    public void Dispose() => _client.Dispose();

    public async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (!line.ToString().EndsWith("\r\n", StringComparison.Ordinal))
        {
            line.Append((char)(await ReadAsync(1))[0]);
        }

        return line.ToString()[..^2];
    }

    private async Task<byte[]> ReadAsync(int length)
    {
        var bytes = new byte[length];
        await _stream.ReadExactlyAsync(bytes);
        return bytes;
    }
}

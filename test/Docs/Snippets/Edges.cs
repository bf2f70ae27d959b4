using System.Net;
using System.Net.Security;
using System.Text;
using Frontier.Client;

namespace Frontier.Docs.Tests.Snippets;

internal static class Edges
{
    public static async Task Quickstart()
    {
        #region edge-quickstart
        await using var edge = await FrontierEdge.ConnectAsync(new FrontierEdgeOptions
        {
            EndPoints = [new DnsEndPoint("gateway.example.com", FrontierEdgeOptions.DefaultPort)],
            Meta = Encoding.UTF8.GetBytes("pump 7"),
        });
        await edge.RegisterAsync("echo", (request, cancellationToken) => new(request.Payload));
        CallResponse answer = await edge.CallAsync("price", Encoding.UTF8.GetBytes("apples"));
        await edge.PublishAsync("readings", new byte[] { 42 });
        #endregion
        _ = answer;
    }

    public static async Task FromTheStart()
    {
        #region edge-methods-at-login
        var options = new FrontierEdgeOptions
        {
            Methods = new Dictionary<string, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>>>
            {
                ["reboot"] = async (request, cancellationToken) =>
                {
                    await Task.Delay(1000, cancellationToken);
                    return Encoding.UTF8.GetBytes("rebooting");
                },
            },
        };
        await using var edge = await FrontierEdge.ConnectAsync(options);
        #endregion
    }

    public static async Task<FrontierEdge> FromTextAsync()
    {
        #region edge-text
        var edge = await FrontierEdge.ConnectAsync("gateway-1.example.com:30012, [2001:db8::2]:30012");
        #endregion
        return edge;
    }

    public static FrontierEdgeOptions Callback(Func<string, int, CancellationToken, ValueTask<Stream>> connectThroughProxyAsync)
    {
        #region edge-callback
        var options = new FrontierEdgeOptions
        {
            EndPoint = new DnsEndPoint("gateway.example.com", 30012),
            ConnectCallback = (endPoint, cancellationToken) =>
            {
                var gateway = (DnsEndPoint)endPoint;
                return connectThroughProxyAsync(gateway.Host, gateway.Port, cancellationToken);
            },
        };
        #endregion
        return options;
    }

    public static FrontierEdgeOptions Tls()
    {
        #region edge-tls
        var options = new FrontierEdgeOptions
        {
            EndPoint = new DnsEndPoint("gateway.example.com", 30012),
            Tls = new SslClientAuthenticationOptions { TargetHost = "gateway.example.com" },
        };
        #endregion
        return options;
    }

    public static async Task Receive(FrontierEdge edge, CancellationToken cancellationToken)
    {
        #region messages-receive
        await foreach (FrontierMessage message in edge.ReceiveAsync(cancellationToken))
        {
            if (message.Topic == "news")
            {
                Console.WriteLine(Encoding.UTF8.GetString(message.Payload.Span));
                await message.AckAsync();
            }
            else
            {
                await message.FailAsync(FrontierErrorCode.TopicNotOnline);
            }
        }
        #endregion
    }

    public static async Task Publish(FrontierEdge edge, byte[] reading)
    {
        #region messages-publish
        await edge.PublishAsync("readings", reading, new PublishOptions { Timeout = TimeSpan.FromSeconds(5) });
        #endregion
    }

    public static async Task Call(FrontierEdge edge, CancellationToken cancellationToken)
    {
        #region calls-call
        CallResponse answer = await edge.CallAsync(
            "price",
            Encoding.UTF8.GetBytes("apples"),
            new CallOptions { Timeout = TimeSpan.FromSeconds(2) },
            cancellationToken);
        Console.WriteLine(Encoding.UTF8.GetString(answer.Payload.Span));
        #endregion
    }

    public static async Task Handle(FrontierService service, IReadOnlyDictionary<string, string> prices)
    {
        #region calls-handle
        await service.RegisterAsync("price", (request, cancellationToken) =>
        {
            string name = Encoding.UTF8.GetString(request.Payload.Span);
            return prices.TryGetValue(name, out string? price)
                ? new(Encoding.UTF8.GetBytes(price))
                : throw new FrontierException(FrontierErrorCode.Unknown, $"no {name} today");
        });
        #endregion
    }

    public static async Task Streams(FrontierEdge edge, Stream file)
    {
        #region streams-open
        await using FrontierStream stream = await edge.OpenStreamAsync("uploads", Encoding.UTF8.GetBytes("log.txt"));
        await file.CopyToAsync(stream);
        await stream.CompleteWritesAsync();
        using var reader = new StreamReader(stream);
        Console.WriteLine(await reader.ReadToEndAsync());
        #endregion
    }

    public static async Task Accept(FrontierService service, CancellationToken cancellationToken)
    {
        #region streams-accept
        await foreach (FrontierStream stream in service.AcceptStreamsAsync(cancellationToken))
        {
            _ = SaveAsync(stream); // Each on its own: the next stream is not to wait for this one.
        }

        static async Task SaveAsync(FrontierStream stream)
        {
            await using (stream)
            await using (FileStream file = File.Create(Path.GetRandomFileName()))
            {
                await stream.CopyToAsync(file);
                await stream.WriteAsync(Encoding.UTF8.GetBytes($"saved {file.Length} bytes of edge {stream.PeerId}"));
                await stream.CompleteWritesAsync();
            }
        }
        #endregion
    }

    public static async Task Pipes(FrontierStream stream)
    {
        #region streams-pipes
        while (true)
        {
            var result = await stream.Input.ReadAsync();
            foreach (var segment in result.Buffer)
            {
                await stream.Output.WriteAsync(segment);
            }

            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        await stream.Output.CompleteAsync();
        #endregion
    }
}

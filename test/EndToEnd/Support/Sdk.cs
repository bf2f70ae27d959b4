using System.Net;
using Frontier.Client;

namespace Frontier.EndToEnd.Tests.Support;

/// <summary>Edges and services of the .NET SDK, and what tests say about them.</summary>
internal static class Sdk
{
    /// <summary>An edge that is online.</summary>
    public static Task<FrontierEdge> ConnectEdgeAsync(this TestGateway gateway, ulong id = 0, byte[]? meta = null, Func<FrontierEdgeOptions, FrontierEdgeOptions>? configure = null)
    {
        var options = new FrontierEdgeOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, gateway.EdgePort), Id = id, AllowOtherId = true, Meta = meta ?? [], Features = EndsFixture.EdgeFeatures, Reconnect = null };
        return FrontierEdge.ConnectAsync(configure?.Invoke(options) ?? options);
    }

    /// <summary>A service that is online.</summary>
    public static Task<FrontierService> ConnectServiceAsync(
        this TestGateway gateway, string name = "", IReadOnlyList<string>? topics = null, ulong id = 0, Func<FrontierServiceOptions, FrontierServiceOptions>? configure = null)
    {
        var options = new FrontierServiceOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, gateway.ServicePort), Name = name, Topics = topics ?? [], Id = id, Features = EndsFixture.ServiceFeatures, Reconnect = null };
        return FrontierService.ConnectAsync(configure?.Invoke(options) ?? options);
    }

    /// <summary>A handler that answers with what it was sent.</summary>
    public static ValueTask<CallResponse> Echo(FrontierRequest request, CancellationToken cancellationToken) => ValueTask.FromResult<CallResponse>(request.Payload);

    /// <summary>A handler that never answers of itself; its token ends it.</summary>
    public static async ValueTask<CallResponse> Never(FrontierRequest request, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return default;
    }

    /// <summary>Something fails with a code and a text.</summary>
    public static async Task FailsAsync(FrontierErrorCode code, string text, Func<Task> act)
    {
        var error = await CatchAsync(act);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(error.Code, Is.EqualTo(code), error.Message);
            Assert.That(error.Message, Is.EqualTo(text));
        }
    }

    /// <summary>The error something fails with.</summary>
    public static async Task<FrontierException> CatchAsync(Func<Task> act)
    {
        try
        {
            await act().InTime();
        }
        catch (FrontierException e)
        {
            return e;
        }

        Assert.Fail("It should have failed.");
        throw new InvalidOperationException();
    }

    /// <summary>Acknowledges every message and keeps it, until the connection ends.</summary>
    public static MessageLog KeepMessages(this FrontierClient client) => new(client.ReceiveAsync());

    /// <summary>The next of what comes.</summary>
    public static async Task<T> NextAsync<T>(this IAsyncEnumerable<T> source)
    {
        await foreach (var item in source.ConfigureAwait(false))
        {
            return item;
        }

        throw new InvalidOperationException("Nothing more comes.");
    }
}

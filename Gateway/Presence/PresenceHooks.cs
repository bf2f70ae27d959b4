using System.Buffers.Binary;
using System.Text.Json;
using Frontier.GrainInterfaces;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>Asks services about edges: which id an edge gets, whether it may come online, and tells that it is gone.</summary>
internal sealed partial class PresenceHooks(CatalogReplica catalog, IGrainFactory grains, Microsoft.Extensions.Options.IOptions<ExchangeOptions> exchange, ILogger<PresenceHooks> logger)
{
    /// <summary>The id that a service gives to an edge; 0 when the gateway is to allocate one, null when no service gives ids.</summary>
    /// <exception cref="FrontierException">The service refuses the edge, or its answer is no id.</exception>
    public async Task<ulong?> GetEdgeIdAsync(EdgeSession edge, CancellationToken cancellationToken)
    {
        // There is no id yet to choose by: the address keeps the choice stable as well.
        var (_, answer) = await AskAsync(ReservedMethods.GetEdgeId, ReservedMethods.GetEdgeIdKey, edge.SourceHash, edge.Meta, cancellationToken);
        if (answer is not { } payload)
        {
            return null;
        }

        return payload.Length == sizeof(ulong)
            ? BinaryPrimitives.ReadUInt64BigEndian(payload.Span)
            : throw new FrontierException(FrontierErrorCode.IllegalEdgeId);
    }

    /// <summary>Announces an edge to the instance that decides about it. Completes when it agreed, or none wants to know.</summary>
    /// <returns>The service that agreed; 0 when none wants to know.</returns>
    /// <exception cref="FrontierException">The service refuses the edge.</exception>
    public async Task<ulong> EdgeOnlineAsync(EdgeSession edge, CancellationToken cancellationToken) =>
        (await AskAsync(ReservedMethods.EdgeOnline, ReservedMethods.EdgeOnlineKey, edge.EdgeId, PresenceOf(edge), cancellationToken)).ServiceId;

    /// <summary>Tells the instances that do not decide about it that an edge is online. What goes to services of this gateway is sent before the method returns.</summary>
    /// <param name="edge">The edge.</param>
    /// <param name="decidedBy">The service that knows already.</param>
    public Task TellOnlineAsync(EdgeSession edge, ulong decidedBy) =>
        TellAsync(ReservedMethods.EdgeOnline, ReservedMethods.EdgeOnlineKey, edge, instance => instance.ServiceId != decidedBy);

    /// <summary>Tells that an announced edge is gone. A service that does not answer does not matter.</summary>
    public async Task EdgeOfflineAsync(EdgeSession edge)
    {
        if (exchange.Value.PresenceToAll)
        {
            await TellAsync(ReservedMethods.EdgeOffline, ReservedMethods.EdgeOfflineKey, edge, static _ => true);
            return;
        }

        try
        {
            await AskAsync(ReservedMethods.EdgeOffline, ReservedMethods.EdgeOfflineKey, edge.EdgeId, PresenceOf(edge), CancellationToken.None);
        }
        catch (FrontierException e)
        {
            Log.NotTold(logger, ReservedMethods.EdgeOffline, edge.EdgeId, e.Message);
        }
    }

    private static byte[] PresenceOf(EdgeSession edge)
    {
        using var output = new MemoryStream(128);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteNumber("EdgeID", edge.EdgeId);
            if (edge.Meta.IsEmpty)
            {
                json.WriteNull("Meta");
            }
            else
            {
                json.WriteBase64String("Meta", edge.Meta.Span);
            }

            json.WriteString("Net", "tcp");
            json.WriteString("Str", edge.Address);
            json.WriteNumber("Epoch", edge.Epoch); // Not in the original: tells the sessions of one edge apart, later ones have larger epochs.
            json.WriteEndObject();
        }

        return output.ToArray();
    }

    // Asks the instance that a number chooses, or the next one that is still there.
    private async Task<(ulong ServiceId, ReadOnlyMemory<byte>? Answer)> AskAsync(
        string method, byte[] key, ulong number, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        if (catalog.Directory.FindMethod(key) is not { } services)
        {
            return default;
        }

        if (exchange.Value.HashBy == HashBy.Random)
        {
            number = (ulong)Random.Shared.NextInt64();
        }

        var first = services.Choose(number);
        for (var i = 0; i < services.Instances.Length; i++)
        {
            var instance = services.Instances[(first + i) % services.Instances.Length];
            try
            {
                return (instance.ServiceId, await CallAsync(instance, new CallRequest(method, payload), cancellationToken));
            }
            catch (FrontierException e) when (e.Code is FrontierErrorCode.ServiceNotOnline or FrontierErrorCode.ConnectionLost)
            {
                // It left, before or while it was asked: the others may know, and asking twice is better than an edge turned away for it.
            }
            catch (Exception e) when (e is not FrontierException && instance.Local is null && ClusterTrouble.IsPassing(e))
            {
                // Its gateway is gone, and the catalog has not heard of it yet.
            }
            catch (FrontierException e) when (e.Code == FrontierErrorCode.Canceled)
            {
                throw new OperationCanceledException(cancellationToken);
            }
        }

        return default;
    }

    // Tells several instances; none of them has a say.
    private Task TellAsync(string method, byte[] key, EdgeSession edge, Predicate<ServiceInstance> isMeant)
    {
        if (!exchange.Value.PresenceToAll || catalog.Directory.FindMethod(key) is not { } services)
        {
            return Task.CompletedTask;
        }

        var request = new CallRequest(method, PresenceOf(edge));
        return Task.WhenAll(services.Instances.Where(instance => isMeant(instance)).Select(async instance =>
        {
            try
            {
                await CallAsync(instance, request, CancellationToken.None);
            }
            catch (Exception e) when (e is FrontierException || ClusterTrouble.IsPassing(e))
            {
                Log.NotTold(logger, method, edge.EdgeId, e.Message);
            }
        }));
    }

    private async Task<ReadOnlyMemory<byte>> CallAsync(ServiceInstance instance, CallRequest request, CancellationToken cancellationToken)
    {
        var result = instance.Local is { } local
            ? await local.CallAsync(request, cancellationToken)
            : await grains.GetService(instance.ServiceId).CallAsync(request, cancellationToken);
        return result.Payload;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{Method} of edge {EdgeId} did not reach a service: {Error}")]
        public static partial void NotTold(ILogger logger, string method, ulong edgeId, string error);
    }
}

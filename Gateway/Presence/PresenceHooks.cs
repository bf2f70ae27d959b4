using System.Buffers.Binary;
using System.Text.Json;
using Frontier.GrainInterfaces;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>Asks services about edges: which id an edge gets, whether it may come online, and tells that it is gone.</summary>
internal sealed partial class PresenceHooks(CatalogReplica catalog, IGrainFactory grains, Microsoft.Extensions.Options.IOptions<ExchangeOptions> exchange, ILogger<PresenceHooks> logger)
{
    /// <summary>The id that a service gives to an edge; null when no service gives ids.</summary>
    /// <exception cref="FrontierException">The service refuses the edge, or its answer is no id.</exception>
    public async Task<ulong?> GetEdgeIdAsync(EdgeSession edge, CancellationToken cancellationToken)
    {
        // There is no id yet to choose by: the address keeps the choice stable as well.
        var answer = await CallAsync(ReservedMethods.GetEdgeId, ReservedMethods.GetEdgeIdKey, edge.SourceHash, edge.Meta, cancellationToken);
        if (answer is not { } payload)
        {
            return null;
        }

        if (payload.Length != sizeof(ulong) || BinaryPrimitives.ReadUInt64BigEndian(payload.Span) is not (> 0 and var edgeId))
        {
            throw new FrontierException(FrontierErrorCode.IllegalEdgeId);
        }

        return edgeId;
    }

    /// <summary>Announces an edge. Completes when a service agreed, or none wants to know.</summary>
    /// <exception cref="FrontierException">The service refuses the edge.</exception>
    public Task EdgeOnlineAsync(EdgeSession edge, CancellationToken cancellationToken) =>
        CallAsync(ReservedMethods.EdgeOnline, ReservedMethods.EdgeOnlineKey, edge.EdgeId, PresenceOf(edge), cancellationToken);

    /// <summary>Tells that an announced edge is gone. A service that does not answer does not matter.</summary>
    public async Task EdgeOfflineAsync(EdgeSession edge)
    {
        try
        {
            await CallAsync(ReservedMethods.EdgeOffline, ReservedMethods.EdgeOfflineKey, edge.EdgeId, PresenceOf(edge), CancellationToken.None);
        }
        catch (FrontierException e)
        {
            Log.OfflineFailed(logger, edge.EdgeId, e.Message);
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

    private async Task<ReadOnlyMemory<byte>?> CallAsync(string method, byte[] key, ulong number, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        if (catalog.Directory.FindMethod(key) is not { } services)
        {
            return null;
        }

        if (exchange.Value.HashBy == HashBy.Random)
        {
            number = (ulong)Random.Shared.NextInt64();
        }

        var first = services.Choose(number);
        for (var i = 0; ; i++)
        {
            var instance = services.Instances[(first + i) % services.Instances.Length];
            var request = new CallRequest(method, payload);
            try
            {
                var result = instance.Local is { } local
                    ? await local.CallAsync(request, cancellationToken)
                    : await grains.GetService(instance.ServiceId).CallAsync(request, cancellationToken);
                return result.Payload;
            }
            catch (FrontierException e) when (e.Code is FrontierErrorCode.ServiceNotOnline or FrontierErrorCode.ConnectionLost)
            {
                // It left, before or while it was asked: the others may know, and asking twice is better than an edge turned away for it.
                if (i + 1 == services.Instances.Length)
                {
                    return null;
                }
            }
            catch (FrontierException e) when (e.Code == FrontierErrorCode.Canceled)
            {
                throw new OperationCanceledException(cancellationToken);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "No service took note that edge {EdgeId} is gone: {Error}")]
        public static partial void OfflineFailed(ILogger logger, ulong edgeId, string error);
    }
}

using System.Buffers.Binary;

namespace Frontier.Client;

/// <summary>The hooks by which a gateway asks services about edges, as handlers of reserved methods (contract, section "Edge identity and presence").</summary>
internal static class PresenceHandlers
{
    public const string GetEdgeIdMethod = "get_edge_id";
    public const string EdgeOnlineMethod = "edge_online";
    public const string EdgeOfflineMethod = "edge_offline";

    /// <summary>The handler that decides which id an edge gets.</summary>
    public static Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>> Identify(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ulong>> identify)
    {
        ArgumentNullException.ThrowIfNull(identify);
        return async (request, token) =>
        {
            var id = await identify(request.Payload, token).ConfigureAwait(false);
            var answer = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(answer, id);
            return answer;
        };
    }

    /// <summary>The handler that hears of edges that come or go.</summary>
    public static Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>> Presence(Func<EdgePresence, CancellationToken, ValueTask> handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return async (request, token) =>
        {
            await handle(WireJson.ParsePresence(request.Payload.Span), token).ConfigureAwait(false);
            return default;
        };
    }
}

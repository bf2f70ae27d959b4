using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>The methods a service registers to be asked or told about edges. Only the gateway calls them; to edges they do not exist.</summary>
internal static class ReservedMethods
{
    public const string GetEdgeId = "get_edge_id";
    public const string EdgeOnline = "edge_online";
    public const string EdgeOffline = "edge_offline";

    private const int LongestName = 20;

    public static readonly byte[] GetEdgeIdKey = Base64Text.Encode("get_edge_id"u8);
    public static readonly byte[] EdgeOnlineKey = Base64Text.Encode("edge_online"u8);
    public static readonly byte[] EdgeOfflineKey = Base64Text.Encode("edge_offline"u8);

    public static readonly byte[] EdgeMessageOutcomeKey = Base64Text.Encode("edge_message_outcome"u8);

    /// <summary>Whether a Request is for one of them, in whatever form and spelling of base64.</summary>
    public static bool IsReserved(in MessageBody request)
    {
        Span<byte> name = stackalloc byte[LongestName];
        var length = request.KeyLength;
        if (length > LongestName)
        {
            return false;
        }

        name = name[..length];
        request.DecodeKey(name);
        return name.SequenceEqual("get_edge_id"u8)
            || name.SequenceEqual("edge_online"u8)
            || name.SequenceEqual("edge_offline"u8)
            || name.SequenceEqual("edge_message_outcome"u8);
    }

    /// <summary>Whether a method, given by its name in base64, is one of them.</summary>
    public static bool IsReserved(byte[] key) =>
        key.AsSpan().SequenceEqual(GetEdgeIdKey)
        || key.AsSpan().SequenceEqual(EdgeOnlineKey)
        || key.AsSpan().SequenceEqual(EdgeOfflineKey)
        || key.AsSpan().SequenceEqual(EdgeMessageOutcomeKey);
}

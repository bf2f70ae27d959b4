using System.Text;
using Frontier.GrainInterfaces;
using Frontier.Protocol;

namespace Frontier.Gateway;

/// <summary>The methods a service registers to be asked or told about edges. Only the gateway calls them; to edges they do not exist.</summary>
internal static class ReservedMethods
{
    public const string GetEdgeId = "get_edge_id";
    public const string EdgeOnline = "edge_online";
    public const string EdgeOffline = "edge_offline";

    public static readonly byte[] GetEdgeIdKey = KeyOf(GetEdgeId);
    public static readonly byte[] EdgeOnlineKey = KeyOf(EdgeOnline);
    public static readonly byte[] EdgeOfflineKey = KeyOf(EdgeOffline);

    private static readonly byte[][] Keys = [GetEdgeIdKey, EdgeOnlineKey, EdgeOfflineKey, KeyOf(EdgeMail.OutcomeMethod)];
    private static readonly byte[][] Names = Array.ConvertAll(Keys, key => Base64Text.Decode(key));
    private static readonly int LongestName = Names.Max(name => name.Length);

    /// <summary>Whether a Request is for one of them, in whatever form and spelling of base64.</summary>
    public static bool IsReserved(in MessageBody request)
    {
        if (request.KeyLength > LongestName)
        {
            return false;
        }

        Span<byte> name = stackalloc byte[request.KeyLength];
        request.DecodeKey(name);
        return IsAmong(Names, name);
    }

    /// <summary>Whether a method, given by its name in base64, is one of them.</summary>
    public static bool IsReserved(byte[] key) => IsAmong(Keys, key);

    private static byte[] KeyOf(string name) => Base64Text.Encode(Encoding.UTF8.GetBytes(name));

    private static bool IsAmong(byte[][] all, ReadOnlySpan<byte> one)
    {
        foreach (var each in all)
        {
            if (one.SequenceEqual(each))
            {
                return true;
            }
        }

        return false;
    }
}

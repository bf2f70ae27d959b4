using System.Reflection;
using Frontier.Protocol;

namespace Frontier.Client.Tests;

/// <summary>Looks at how many answers a connection still awaits, which no program needs to know.</summary>
internal static class PendingState
{
    public static int Count(FrontierClient client)
    {
        var table = typeof(GeminioConnection).GetField("_pending", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(client.Connection)!;
        return (int)table.GetType().GetProperty("Count")!.GetValue(table)!;
    }

    public static async Task IsEmptyAsync(FrontierClient client)
    {
        await Soon.UntilAsync(() => Count(client) == 0, "nothing is awaited");
        await Soon.UntilAsync(() => client.Connection.HandlingCount == 0, "nothing is being handled");
        await Soon.UntilAsync(() => client.Connection.InFlight == 0, "nothing of the peer is unanswered");
    }
}

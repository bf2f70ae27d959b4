namespace Frontier.Load;

/// <summary>Names and properties of the modes.</summary>
internal static class LoadModes
{
    private static readonly (LoadMode Mode, string Name, string Description)[] All =
    [
        (LoadMode.Call, "call", "Edges call a method of a service, which echoes the payload"),
        (LoadMode.CallToEdge, "call-to-edge", "Services call a method of edges, which echo the payload"),
        (LoadMode.Publish, "publish", "Edges publish to a topic of a service; a message is done when it is acknowledged"),
        (LoadMode.PublishToEdge, "publish-to-edge", "Services publish to edges; a message is done when it is acknowledged"),
        (LoadMode.Stream, "stream", "Each edge opens a stream to a service; what it writes is echoed"),
        (LoadMode.StreamBandwidth, "stream-bandwidth", "Each edge opens a stream to a service and writes as fast as it is taken"),
        (LoadMode.Connect, "connect", "Edges connect and stay idle: connects per second, and the server's memory for each"),
        (LoadMode.Churn, "churn", "Edges connect, do one call, and leave with the closing handshake, again and again"),
    ];

    /// <summary>All modes.</summary>
    public static IEnumerable<LoadMode> List => All.Select(mode => mode.Mode);

    /// <summary>The mode's name on the command line.</summary>
    public static string NameOf(this LoadMode mode) => All[(int)mode].Name;

    /// <summary>What the mode does.</summary>
    public static string Describe(this LoadMode mode) => All[(int)mode].Description;

    /// <summary>Whether services are the ones that start operations.</summary>
    public static bool IsToEdge(this LoadMode mode) => mode is LoadMode.CallToEdge or LoadMode.PublishToEdge;

    /// <summary>Whether edges open streams.</summary>
    public static bool IsStream(this LoadMode mode) => mode is LoadMode.Stream or LoadMode.StreamBandwidth;
}

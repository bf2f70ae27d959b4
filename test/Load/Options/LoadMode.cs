namespace Frontier.Load;

/// <summary>What the load consists of.</summary>
public enum LoadMode
{
    /// <summary>Edges call a service.</summary>
    Call,

    /// <summary>Services call edges.</summary>
    CallToEdge,

    /// <summary>Edges publish to a topic of a service.</summary>
    Publish,

    /// <summary>Services publish to edges.</summary>
    PublishToEdge,

    /// <summary>Edges write to a stream and wait until it comes back.</summary>
    Stream,

    /// <summary>Edges write to a stream as fast as it goes.</summary>
    StreamBandwidth,

    /// <summary>Edges connect and stay idle.</summary>
    Connect,

    /// <summary>Edges connect, do one call, and leave.</summary>
    Churn,
}

namespace Frontier.Grains.Catalog;

/// <summary>What the catalog knows of one gateway.</summary>
internal sealed class GatewayServices
{
    /// <summary>The services the gateway named last.</summary>
    public IReadOnlyList<CatalogEntry> Services { get; set; } = [];

    /// <summary>The gateway as it described itself last; null when it has not.</summary>
    public GatewayRecord? Record { get; set; }

    /// <summary>The gateway's number for <see cref="Services"/>; null when it has not named any yet.</summary>
    public long? ServicesVersion { get; set; }

    /// <summary>Whether the gateway can be told what changed.</summary>
    public bool TakesChanges { get; set; }

    /// <summary>The number of the last sync that counted.</summary>
    public long Sequence { get; set; } = long.MinValue;

    /// <summary>When that was, as a timestamp of the clock.</summary>
    public long SeenAt { get; set; }

    /// <summary>The version of the gateway's copy, as far as is known here.</summary>
    public CatalogVersion KnownVersion { get; set; }
}

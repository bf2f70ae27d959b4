namespace Frontier.Grains.Tests.Catalog;

/// <summary>Catalog entries and syncs with only what a test cares about.</summary>
internal static class Entries
{
    public static CatalogEntry Entry(ulong id, string gatewayId, long epoch = 1, params string[] methods) =>
        new(id, epoch, gatewayId, "billing", methods, ["invoices"]);

    public static CatalogSync Sync(
        string gatewayId,
        long sequence,
        IReadOnlyList<CatalogEntry>? services,
        CatalogVersion known = default,
        long servicesVersion = 1) =>
        new(gatewayId, sequence, services, servicesVersion, known);

    public static GatewayRecord Gateway(string gatewayId, SiloAddress? silo = null) =>
        new(gatewayId, silo, "10.0.0.1:30011", "10.0.0.1:30012", DateTimeOffset.UnixEpoch);

    public static SiloAddress Silo(int generation) => SiloAddress.New(System.Net.IPAddress.Loopback, 11111, generation);

    public static ulong[] Ids(this CatalogSnapshot? snapshot) => [.. snapshot!.Services.Select(entry => entry.ServiceId)];
}

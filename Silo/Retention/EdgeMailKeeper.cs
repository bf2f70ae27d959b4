using System.Globalization;
using Frontier.GrainInterfaces;
using Frontier.Grains.Mail;

namespace Frontier.Silo;

/// <summary>Looks after edges for which messages wait.</summary>
internal sealed class EdgeMailKeeper(EdgeMailKeeping keeping, IGrainFactory grains, MailSchedule schedule, ILogger<EdgeMailKeeper> logger)
    : StoreKeeper(keeping.Store, "messages that wait for edges", logger)
{
    /// <inheritdoc/>
    protected override bool IsLookedAfter(string box) => schedule.IsPlanned(box);

    /// <inheritdoc/>
    protected override ValueTask WakeAsync(string box) => grains.GetEdgeMail(ulong.Parse(box, CultureInfo.InvariantCulture)).WakeAsync();
}

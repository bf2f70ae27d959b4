using System.Text.Json;
using Frontier.Grains.Activations;
using Frontier.Grains.Retention;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Frontier.Grains.Mail;

/// <summary>The messages that wait for one edge. Active as long as some do, and a moment beyond, so that what became of them can be asked for.</summary>
[Reentrant, KeepAlive]
internal sealed class EdgeMailGrain(
    [FromKeyedServices(TimeProviderNames.Grains)] TimeProvider clock,
    ILogger<EdgeMailGrain> logger,
    MailSchedule schedule,
    EdgeMailKeeping? keeping = null,
    RetentionMetrics? metrics = null) : Grain, IEdgeMailGrain
{
    // Long against the time between a delivery and the question for it, short against the number of edges.
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(30);

    // A service that does not answer holds up the edge's next messages for so long.
    private static readonly TimeSpan ReportLimit = TimeSpan.FromSeconds(5);

    private EdgeMailBox? _box;
    private Lingering? _lingering;
    private long _lastUsedAt;

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _lingering = new Lingering(this, IsUnused);
        Use();
        if (keeping is null)
        {
            return;
        }

        _box = new EdgeMailBox(EdgeId, keeping, clock, DeliverAsync, ReportAsync, metrics, logger, Plan);
        await _box.LookAsync();
        _box.DeliverAsync().Ignore(); // The edge may be there, and have told a grain that was lost.
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        schedule.Plan(EdgeId, DateTimeOffset.MaxValue);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<string> PublishAsync(EdgeMail mail)
    {
        Use();
        return Box.PublishAsync(mail);
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeliverAsync()
    {
        Use();
        _box?.DeliverAsync().Ignore();
        return ValueTask.FromResult(_box is { HasMessages: true });
    }

    /// <inheritdoc/>
    public ValueTask WakeAsync()
    {
        Use();
        _box?.TickAsync().Ignore();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<EdgeMailOutcome> WaitAsync(string id)
    {
        Use();
        try
        {
            return await Box.WaitAsync(id);
        }
        finally
        {
            Use();
        }
    }

    private ulong EdgeId => unchecked((ulong)this.GetPrimaryKeyLong());

    private EdgeMailBox Box => _box ?? throw new FrontierException(FrontierErrorCode.Refused, "messages do not wait for edges here: edges.retain is off");

    private static byte[] ToReport(ulong edgeId, string id, EdgeMailOutcome outcome, string error)
    {
        using var output = new MemoryStream(128);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("ID", id);
            json.WriteNumber("EdgeID", edgeId);
            json.WriteString("Outcome", outcome switch
            {
                EdgeMailOutcome.Delivered => "delivered",
                EdgeMailOutcome.Expired => "expired",
                _ => "refused",
            });
            json.WriteString("Error", error);
            json.WriteEndObject();
        }

        return output.ToArray();
    }

    private async Task DeliverAsync(MessageRequest message)
    {
        try
        {
            await GrainFactory.GetEdge(EdgeId).PublishAsync(message);
        }
#pragma warning disable CA1031 // Whatever the cluster's trouble is, the message is not lost: it is kept and tried again.
        catch (Exception error) when (error is not FrontierException)
#pragma warning restore CA1031
        {
            throw new FrontierException(FrontierErrorCode.ConnectionLost, FrontierErrorText.ConnectionLost, error);
        }
    }

    // To the sender, or to another instance of it that wants to know.
    private async Task<bool> ReportAsync(WaitingMail waiting, EdgeMailOutcome outcome, string error)
    {
        var mail = waiting.Mail;
        if (mail.Sender == 0)
        {
            return true; // A program, which asks.
        }

        try
        {
            var request = new CallRequest(EdgeMail.OutcomeMethod, ToReport(EdgeId, waiting.Id, outcome, error), Timeout: ReportLimit);
            if (await TryTellAsync(mail.Sender, request))
            {
                return true; // Without the catalog, which may have been lost with a process just now.
            }

            var others = (await GrainFactory.GetServiceCatalog().GetAsync()).Services.Where(service =>
                service.ServiceId != mail.Sender
                && mail.SenderName.Length > 0
                && service.Name == mail.SenderName
                && service.Methods.Contains(EdgeMail.OutcomeMethod));
            foreach (var service in others)
            {
                if (await TryTellAsync(service.ServiceId, request))
                {
                    return true;
                }
            }

            return false;
        }
#pragma warning disable CA1031 // The cluster's trouble, or the service's own: it has not been told.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    // False when it is not there or does not want to know.
    private async Task<bool> TryTellAsync(ulong serviceId, CallRequest request)
    {
        try
        {
            await GrainFactory.GetService(serviceId).CallAsync(request);
            return true;
        }
        catch (FrontierException failed)
            when (failed.Code is FrontierErrorCode.ServiceNotOnline or FrontierErrorCode.ConnectionLost or FrontierErrorCode.MethodNotFound)
        {
            return false;
        }
    }

    private void Plan(DateTimeOffset dueAt)
    {
        schedule.Plan(EdgeId, dueAt);
        if (dueAt == DateTimeOffset.MaxValue)
        {
            _lingering!.Start(); // There is nothing left to look after.
        }
    }

    private void Use()
    {
        _lastUsedAt = Environment.TickCount64;
        _lingering!.Start();
    }

    private bool IsUnused()
    {
        if (_box is { HasMessages: true } or { IsAwaited: true })
        {
            return false; // Looked at again when that is over.
        }

        if (Environment.TickCount64 - _lastUsedAt >= (long)IdleTime.TotalMilliseconds)
        {
            return true;
        }

        _lingering!.Start(); // Look again.
        return false;
    }
}

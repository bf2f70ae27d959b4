namespace Frontier.Grains.Activations;

/// <summary>
/// Deactivates a grain that answered a question but has nothing to keep. Not at once: an activation that is being deactivated
/// sends everything queued on to the next one, which would do the same after a single request, and Orleans rejects a request that was sent on
/// twice. So an id that many ask for in vain costs one activation per <see cref="Time"/>, and an id that nobody asks for costs none.
/// </summary>
internal sealed class Lingering(IGrainBase grain, Func<bool> isUnused)
{
    /// <summary>How long an unused activation answers: long against one request, short against the number of ids that may be asked for.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(1);

    private IGrainTimer? _timer;

    /// <summary>Deactivates the grain after <see cref="Time"/> if it is unused then.</summary>
    public void Start() =>
        _timer ??= grain.RegisterGrainTimer(
            static lingering =>
            {
                lingering.Finish();
                return Task.CompletedTask;
            },
            this,
            new GrainTimerCreationOptions(Time, Timeout.InfiniteTimeSpan) { Interleave = true });

    private void Finish()
    {
        _timer?.Dispose();
        _timer = null;
        if (isUnused())
        {
            grain.DeactivateOnIdle();
        }
    }
}

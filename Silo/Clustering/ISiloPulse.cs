using Orleans.Services;

namespace Frontier.Silo;

/// <summary>What the processes of a cluster ask each other to find out whether one of them is gone. Every process has one.</summary>
[Alias("frontier.ISiloPulse")]
internal interface ISiloPulse : IGrainService
{
    /// <summary>Answers: the process is there.</summary>
    [Alias("beat"), ResponseTimeout("00:00:01")]
    Task BeatAsync();

    /// <summary>Looks at another process from here.</summary>
    [Alias("look"), ResponseTimeout("00:00:02")]
    Task<SiloSight> LookAtAsync(SiloAddress silo);
}

/// <summary>What is to be seen of a process from outside.</summary>
internal enum SiloSight
{
    /// <summary>Nothing certain: no answer, or no way to it. It may be slow, stopped, or cut off.</summary>
    Unclear = 0,

    /// <summary>Its port takes connections.</summary>
    Listening = 1,

    /// <summary>Its machine answers that nobody listens on its port.</summary>
    Refused = 2,
}

using Orleans.Configuration;

namespace Frontier.Silo;

/// <summary>When the processes of a cluster give one of them up.</summary>
internal static class MembershipRules
{
    /// <summary>
    /// Sets Orleans' rules. A process that was killed is found by <see cref="SiloWatch"/>, whose evidence is definite; probes are for one that
    /// hangs or cannot be reached, where only time tells, and where a mistake costs a live process with all its connections.
    /// </summary>
    public static void Apply(ClusterMembershipOptions membership, ClusteringOptions options)
    {
        // Three probes of 2 s in a row, seen by two others, and nothing heard of it for 9 s. Orleans' own 5 s would mean 15. Garbage collections of this process's heaps
        // take milliseconds and a machine short of CPU stalls for a second or two, so less than 2 s for a probe would begin to kill the living.
        // Left to itself Orleans shortens the time to half where probes are answered quickly.
        membership.ProbeTimeout = TimeSpan.FromSeconds(2);
        membership.MinProbeTimeout = TimeSpan.FromSeconds(2);
        // Also the measure of how long a process is spared because it was heard of: three times this long after its last message. Left at Orleans' four
        // times the first value, one that stands still is given up after 24 s instead of 10.
        membership.MaxProbeTimeout = TimeSpan.FromSeconds(3);
        membership.NumMissedProbesLimit = 3;
        membership.NumVotesForDeathDeclaration = 2;
        // Changes are told from process to process; the table is read for those whose message was lost. 60 s in Orleans.
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        // A process that starts does not wait for answers from others that have not signed the table for three times this long: so a cluster whose
        // every process was killed is back after 15 s instead of Orleans' 90. One small write per process and period.
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        membership.NumMissedTableIAmAliveLimit = 3;
        membership.MaxJoinAttemptTime = options.JoinTimeout;
    }
}

namespace Frontier.Operator.Leadership;

/// <summary>How operators agree on one of them.</summary>
/// <param name="Namespace">The namespace of the Lease.</param>
/// <param name="Name">The name of the Lease.</param>
/// <param name="Identity">What this process calls itself; different from every other.</param>
/// <param name="LeaseDuration">How long a leader that is not heard of is still waited for.</param>
/// <param name="RenewDeadline">How long a leader that cannot renew its Lease goes on; shorter than <paramref name="LeaseDuration"/>.</param>
/// <param name="RetryPeriod">How often the Lease is renewed, or asked for.</param>
internal sealed record LeadershipOptions(
    string Namespace, string Name, string Identity, TimeSpan LeaseDuration, TimeSpan RenewDeadline, TimeSpan RetryPeriod);

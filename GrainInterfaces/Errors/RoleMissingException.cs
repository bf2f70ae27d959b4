namespace Frontier.GrainInterfaces;

/// <summary>
/// A grain cannot be anywhere: no process of the cluster has the role whose processes hold it. The same call succeeds as soon as such a process has joined.
/// Where sessions are asked for, it also says that there are none: they live in processes with the role <c>gateway</c>.
/// </summary>
[GenerateSerializer]
[Alias("frontier.RoleMissingException")]
public sealed class RoleMissingException : OrleansException
{
    /// <summary>Creates the error.</summary>
    /// <param name="role">The role: <c>gateway</c> or <c>silo</c>.</param>
    /// <param name="innerException">How Orleans says it.</param>
    public RoleMissingException(string role, Exception innerException)
        : base($"no process with the role '{role}' is in the cluster", innerException) => Role = role;

    /// <summary>The role: <c>gateway</c> or <c>silo</c>.</summary>
    [Id(0)]
    public string Role { get; private set; }
}

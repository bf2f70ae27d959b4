namespace Frontier.Load;

/// <summary>How many descriptors this process may hold.</summary>
internal static unsafe class DescriptorLimit
{
    // The runtime, its libraries, logs, pipes to workers: well below this.
    private const int Reserve = 200;

    /// <summary>Sockets that this process can hold at once. The runtime has already raised the soft limit to the hard one.</summary>
    public static int Sockets()
    {
        Native.Limit limit;
        return Native.GetLimit(Native.OpenFiles, &limit) < 0 ? 1024 - Reserve : (int)Math.Min(limit.Soft, 10_000_000) - Reserve;
    }
}

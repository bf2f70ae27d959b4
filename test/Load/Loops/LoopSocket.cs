namespace Frontier.Load;

/// <summary>A descriptor that an <see cref="EventLoop"/> watches.</summary>
internal abstract class LoopSocket
{
    /// <summary>The descriptor; -1 when closed.</summary>
    public int Descriptor { get; protected set; } = -1;

    /// <summary>Where the loop keeps it.</summary>
    public int Index { get; set; } = -1;

    /// <summary>Whether it waits in the loop's list of sockets to flush.</summary>
    public bool IsDirty { get; set; }

    /// <summary>It is ready.</summary>
    /// <param name="events">For what, as epoll says it.</param>
    public abstract void OnReady(uint events);

    /// <summary>Sends what was gathered since the last time.</summary>
    public virtual void Flush()
    {
    }
}

namespace Frontier.Queues.Tests.Support;

/// <summary>A queue's server, to be started and killed, and looked into by something else than the code under test.</summary>
internal interface ITestQueue : IAsyncDisposable
{
    /// <summary>The name the queue has in metrics and in the control plane.</summary>
    string Name { get; }

    /// <summary>The topic that is configured.</summary>
    string Topic { get; }

    /// <summary>Whether the queue keeps header and body apart.</summary>
    bool HasHeaders { get; }

    /// <summary>Whether what it has confirmed outlives the server.</summary>
    bool Keeps { get; }

    /// <summary>What the gateway is configured with.</summary>
    (string Key, string Value)[] Settings { get; }

    /// <summary>Starts the server, at first or after it was killed, and waits until it answers.</summary>
    Task StartAsync();

    /// <summary>Kills the server.</summary>
    Task KillAsync();

    /// <summary>Everything that came so far, in the queue's order.</summary>
    Task<IReadOnlyList<Received>> ReadAllAsync();
}

using Frontier.Queues.Tests.Support;

namespace Frontier.Queues.Tests.Backends;

/// <summary><see cref="AmqpQueue"/> with its defaults, for a fixture that makes it by its type.</summary>
internal sealed class AmqpBackend() : Delegating(new AmqpQueue());

/// <summary><see cref="NatsQueue"/> with its defaults.</summary>
internal sealed class NatsBackend() : Delegating(new NatsQueue());

/// <summary><see cref="RedisStreamQueue"/> with its defaults.</summary>
internal sealed class RedisStreamBackend() : Delegating(new RedisStreamQueue());

/// <summary>A queue that is another one.</summary>
internal abstract class Delegating(ITestQueue queue) : ITestQueue
{
    public string Name => queue.Name;

    public string Topic => queue.Topic;

    public bool HasHeaders => queue.HasHeaders;

    public bool Keeps => queue.Keeps;

    public (string Key, string Value)[] Settings => queue.Settings;

    public Task StartAsync() => queue.StartAsync();

    public Task KillAsync() => queue.KillAsync();

    public Task<IReadOnlyList<Received>> ReadAllAsync() => queue.ReadAllAsync();

    public ValueTask DisposeAsync() => queue.DisposeAsync();
}

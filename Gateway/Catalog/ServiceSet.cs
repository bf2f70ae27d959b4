namespace Frontier.Gateway;

/// <summary>One service instance as a gateway sees it.</summary>
/// <param name="ServiceId">The instance's id.</param>
/// <param name="Epoch">The epoch of its session.</param>
/// <param name="GatewayId">The gateway that holds its socket.</param>
/// <param name="Local">Its session, when that gateway is this one.</param>
/// <param name="Silo">The silo in that gateway's process, when the gateway is another one and is known.</param>
internal sealed record ServiceInstance(ulong ServiceId, long Epoch, string GatewayId, ServiceSession? Local, SiloAddress? Silo);

/// <summary>The instances that share a method, a topic or a name, ordered by id, so that every gateway chooses the same one.</summary>
/// <param name="key">What they share, as it is looked up.</param>
/// <param name="instances">The instances; at least one.</param>
/// <param name="isReserved">Whether the key is a method that only the gateway may call.</param>
/// <param name="group">The group in which they take a topic; empty for none.</param>
internal sealed class ServiceSet(byte[] key, ServiceInstance[] instances, bool isReserved, string group = "")
{
    /// <summary>The group in which the instances take a topic; empty for none.</summary>
    public string Group { get; } = group;

    /// <summary>What the instances share: a method's name in base64, a topic, or a service's name.</summary>
    public byte[] Key { get; } = key;

    /// <summary>The instances, ordered by id.</summary>
    public ServiceInstance[] Instances { get; } = instances;

    /// <summary>Whether edges may not call it.</summary>
    public bool IsReserved { get; } = isReserved;

    /// <summary>The place in <see cref="Instances"/> that a number chooses.</summary>
    public int Choose(ulong number) => Instances.Length == 1 ? 0 : (int)(number % (ulong)Instances.Length);

    /// <summary>The instance that follows one in turn; null when there is no other.</summary>
    public ServiceInstance? After(ulong serviceId)
    {
        var at = Array.FindIndex(Instances, instance => instance.ServiceId == serviceId);
        var next = Instances[(at + 1) % Instances.Length];
        return next.ServiceId == serviceId ? null : next;
    }
}

namespace Frontier.Client;

/// <summary>How a service connects. Immutable.</summary>
public sealed record FrontierServiceOptions : FrontierClientOptions
{
    /// <summary>The port on which gateways listen for services.</summary>
    public const int DefaultPort = 30011;

    /// <summary>Starts with the defaults.</summary>
    public FrontierServiceOptions()
        : base(DefaultPort)
    {
    }

    /// <summary>The name under which edges open streams to this service; may be empty. Instances may share a name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The topics of edges' messages that this service takes.</summary>
    public IReadOnlyList<string> Topics { get; init; } = [];

    /// <inheritdoc/>
    internal override void Validate()
    {
        base.Validate();
        Require(Name is not null, nameof(Name), "must not be null");
        Require(Topics is not null && !Topics.Any(string.IsNullOrEmpty), nameof(Topics), "must not be null nor hold an empty topic");
    }
}

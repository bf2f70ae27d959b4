using Microsoft.Extensions.Configuration;

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

    /// <summary>Reads options from configuration: what <see cref="FrontierEdgeOptions.FromConfiguration"/> reads but <c>Meta</c>, and <c>Name</c> and <c>Topics</c>.</summary>
    /// <exception cref="ArgumentException">A key is not known, or a value cannot be read; names it.</exception>
    public static FrontierServiceOptions FromConfiguration(IConfiguration section)
    {
        var values = new ConfiguredValues(section);
        var options = new FrontierServiceOptions();
        options = (FrontierServiceOptions)options.With(values) with
        {
            Name = values.Read(nameof(Name), options.Name),
            Topics = values.ReadList(nameof(Topics), options.Topics, topic => topic),
        };
        values.ThrowIfUnknown();
        return options;
    }

    /// <inheritdoc/>
    internal override void Validate()
    {
        base.Validate();
        Require(Name is not null, nameof(Name), "must not be null");
        Require(Topics is not null && !Topics.Any(string.IsNullOrEmpty), nameof(Topics), "must not be null nor hold an empty topic");
    }
}

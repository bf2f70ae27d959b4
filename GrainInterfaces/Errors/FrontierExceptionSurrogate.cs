namespace Frontier.GrainInterfaces;

/// <summary>What of a <see cref="FrontierException"/> travels between silos and clients: the type itself knows nothing of Orleans, for edges use it, too.</summary>
[GenerateSerializer]
[Alias("frontier.FrontierException")]
public struct FrontierExceptionSurrogate
{
    /// <summary>What went wrong.</summary>
    [Id(0)]
    public FrontierErrorCode Code { get; set; }

    /// <summary>The text.</summary>
    [Id(1)]
    public string Message { get; set; }

    /// <summary>What the other end said; null when it said nothing.</summary>
    [Id(2)]
    public string? PeerText { get; set; }
}

/// <summary>Takes a <see cref="FrontierException"/> apart and puts it together again.</summary>
[RegisterConverter]
public sealed class FrontierExceptionConverter : IConverter<FrontierException, FrontierExceptionSurrogate>
{
    /// <inheritdoc/>
    public FrontierException ConvertFromSurrogate(in FrontierExceptionSurrogate surrogate) => new(surrogate.Code, surrogate.Message, surrogate.PeerText);

    /// <inheritdoc/>
    public FrontierExceptionSurrogate ConvertToSurrogate(in FrontierException value) => new() { Code = value.Code, Message = value.Message, PeerText = value.PeerText };
}

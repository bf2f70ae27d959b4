namespace Frontier.Operator.Desired;

/// <summary>What stands in for what a cluster does not say.</summary>
/// <param name="FrontierImage">The gateways' image.</param>
/// <param name="FrontlasImage">The silos' image.</param>
internal sealed record OperatorDefaults(string FrontierImage, string FrontlasImage);

namespace Frontier.Gateway;

/// <summary>A top-level section of the configuration and the options class that names its keys.</summary>
/// <param name="Name">The section's name, such as <c>edgebound</c>.</param>
/// <param name="OptionsType">The class its keys bind to.</param>
public sealed record OptionSection(string Name, Type OptionsType);

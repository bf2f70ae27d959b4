namespace Frontier.Gateway;

/// <summary>Marks an option as a number of bytes, so that its value may carry a unit: <c>10485760</c>, <c>64KiB</c>, <c>10MiB</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ByteSizeAttribute : Attribute;

namespace Frontier.Operator.Crd;

/// <summary>A rule in the Common Expression Language that the API server checks objects of the type with.</summary>
/// <param name="rule">The expression; <c>self</c> is the object.</param>
/// <param name="message">What a user reads when it does not hold.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class CelRuleAttribute(string rule, string message) : Attribute
{
    /// <summary>The expression.</summary>
    public string Rule { get; } = rule;

    /// <summary>What a user reads when it does not hold.</summary>
    public string Message { get; } = message;
}

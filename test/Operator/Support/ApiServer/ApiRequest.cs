namespace Frontier.Operator.Tests.Support.ApiServer;

/// <summary>A request the server has answered.</summary>
/// <param name="Method">The verb; <c>WATCH</c> for a watch.</param>
/// <param name="Kind">The kind asked for, with the subresource if there is one.</param>
/// <param name="Name">The object's name; empty for lists.</param>
/// <param name="Status">The answer's status code.</param>
/// <param name="Agent">Who asked: the operator's identity, as far as the field manager or the body tells; else empty.</param>
internal sealed record ApiRequest(string Method, string Kind, string Name, int Status, string Agent)
{
    /// <summary>Whether it was meant to change something.</summary>
    public bool IsWrite => Method is "POST" or "PUT" or "PATCH" or "DELETE";

    public override string ToString() => $"{Method} {Kind} {Name} {Status}";
}

using System.Text;
using Frontier.Protocol;

namespace Frontier.Client;

/// <summary>A registered method: what serves it, and its name as answers carry it.</summary>
/// <param name="name">The method's name.</param>
/// <param name="handle">What serves it.</param>
internal sealed class MethodHandler(string name, Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>> handle)
{
    public string Name { get; } = name;

    /// <summary>The name in base64, as Response repeats it.</summary>
    public byte[] Key { get; } = Base64Text.Encode(Encoding.UTF8.GetBytes(name));

    public Func<FrontierRequest, CancellationToken, ValueTask<CallResponse>> Handle { get; } = handle;
}

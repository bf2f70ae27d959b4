using System.Text.Json.Nodes;
using Frontier.Operator.Kube;

namespace Frontier.Operator.Tests.Support.ApiServer;

/// <summary>A request that the server refuses.</summary>
internal sealed class ApiException(int status, string reason, string message) : Exception(message)
{
    public int Status { get; } = status;

    public static ApiException NotFound(ResourceType type, string name) => new(404, "NotFound", $"{type.Plural} \"{name}\" not found");

    public JsonObject ToStatus() => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Status",
        ["status"] = "Failure",
        ["reason"] = reason,
        ["message"] = Message,
        ["code"] = Status,
    };
}

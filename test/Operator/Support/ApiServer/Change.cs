using System.Text.Json.Nodes;
using Frontier.Operator.Kube;

namespace Frontier.Operator.Tests.Support.ApiServer;

/// <summary>Something that happened to an object.</summary>
internal sealed record Change(ulong Revision, ResourceType Type, JsonObject? Before, JsonObject? After);

using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Frontier.Operator.Api;
using Frontier.Operator.Kube;

namespace Frontier.Operator.Reconcile;

/// <summary>
/// Tells people of changes, as events of the cluster. An event's name follows from what it tells, so one that is told again after a crash is the same one.
/// </summary>
internal sealed class EventRecorder(KubeApi api, string identity, TimeProvider time)
{
    private const string Component = "frontier-operator";

    /// <summary>Tells of a change.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="transition">The change.</param>
    /// <param name="occasion">What distinguishes this change from the next of its kind.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="KubeException">The server refuses.</exception>
    public async Task TellAsync(FrontierCluster cluster, Transition transition, string occasion, CancellationToken cancellationToken)
    {
        var identityOfEvent = $"{cluster.Metadata.Uid}\n{transition.Reason}\n{occasion}";
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identityOfEvent)).AsSpan(0, 8));
        var now = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var body = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Event",
            ["metadata"] = new JsonObject { ["name"] = $"{cluster.Metadata.Name}.{digest}", ["namespace"] = cluster.Metadata.NamespaceProperty },
            ["involvedObject"] = new JsonObject
            {
                ["apiVersion"] = cluster.ApiVersion,
                ["kind"] = cluster.Kind,
                ["name"] = cluster.Metadata.Name,
                ["namespace"] = cluster.Metadata.NamespaceProperty,
                ["uid"] = cluster.Metadata.Uid,
            },
            ["type"] = transition.IsWarning ? "Warning" : "Normal",
            ["reason"] = transition.Reason,
            // The API server takes 1024 characters.
            ["message"] = transition.Message.Length > 1024 ? transition.Message[..1024] : transition.Message,
            ["source"] = new JsonObject { ["component"] = Component },
            ["reportingComponent"] = Component,
            ["reportingInstance"] = identity,
            ["firstTimestamp"] = now,
            ["lastTimestamp"] = now,
            ["count"] = 1,
        };
        try
        {
            await api.CreateAsync(ResourceType.Events, cluster.Metadata.NamespaceProperty, body, cancellationToken);
        }
        catch (KubeException error) when (error.Status == HttpStatusCode.Conflict)
        {
            // Told already.
        }
    }
}

using System.Text.Json.Nodes;

namespace Frontier.Operator.Tests.Support.ApiServer;

/// <summary>What a real API server writes into objects that do not say it: enough of it to show that the operator does not take it for a difference.</summary>
internal static class Defaulting
{
    public static void Fill(JsonObject json)
    {
        switch (json["kind"]!.GetValue<string>())
        {
            case "Deployment":
                Set(json, 600, "spec", "progressDeadlineSeconds");
                Set(json, 1, "spec", "replicas");
                Set(json, "25%", "spec", "strategy", "rollingUpdate", "maxSurge");
                FillPod(json["spec"]!["template"]!["spec"]!.AsObject());
                break;
            case "Service":
                Set(json, "None", "spec", "sessionAffinity");
                Set(json, "SingleStack", "spec", "ipFamilyPolicy");
                Set(json, "Cluster", "spec", "internalTrafficPolicy");
                if (json["spec"]!["clusterIP"] is null)
                {
                    Set(json, "10.0.0.7", "spec", "clusterIP");
                }

                foreach (var port in json["spec"]!["ports"]!.AsArray())
                {
                    Set(port!.AsObject(), "TCP", "protocol");
                    if (json["spec"]!["type"]?.GetValue<string>() is "NodePort" or "LoadBalancer")
                    {
                        Set(port!.AsObject(), 31999, "nodePort");
                    }
                    else
                    {
                        port!.AsObject().Remove("nodePort");
                    }
                }

                break;
            case "Secret":
                Set(json, "Opaque", "type");
                break;
        }
    }

    private static void FillPod(JsonObject pod)
    {
        Set(pod, "ClusterFirst", "dnsPolicy");
        Set(pod, "Always", "restartPolicy");
        Set(pod, "default-scheduler", "schedulerName");
        foreach (var container in pod["containers"]!.AsArray().Select(item => item!.AsObject()))
        {
            Set(container, "/dev/termination-log", "terminationMessagePath");
            Set(container, "File", "terminationMessagePolicy");
            foreach (var env in container["env"]?.AsArray() ?? [])
            {
                if (env!["valueFrom"]?["fieldRef"] is JsonObject field)
                {
                    Set(field, "v1", "apiVersion");
                }

                if (env["value"]?.GetValue<string>() is "")
                {
                    env.AsObject().Remove("value");
                }
            }
        }

        foreach (var volume in pod["volumes"]?.AsArray() ?? [])
        {
            if (volume!["secret"] is JsonObject secret)
            {
                Set(secret, 420, "defaultMode");
            }
        }
    }

    private static void Set(JsonObject json, JsonNode value, params string[] path)
    {
        foreach (var part in path[..^1])
        {
            json[part] ??= new JsonObject();
            json = json[part]!.AsObject();
        }

        json[path[^1]] ??= value;
    }
}

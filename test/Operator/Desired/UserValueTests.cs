using System.Text.Json.Nodes;
using CsCheck;
using Frontier.Operator.Api;
using Frontier.Operator.Desired;
using Frontier.Operator.Kube;
using k8s;

namespace Frontier.Operator.Tests.Desired;

/// <summary>What users write in labels, selectors, annotations and variables comes out as it went in: an empty text there is a value like any other.</summary>
internal sealed class UserValueTests
{
    private static readonly OperatorDefaults Defaults = new("frontier:test", "frontlas:test");

    private static readonly Surroundings Around = new() { FindSecret = _ => null, HasServiceMonitors = true, Now = DateTimeOffset.UnixEpoch };

    private static readonly Gen<string> Name = Gen.Char["abcxyz019"].Array[1, 8].Select(letters => $"example.com/{new string(letters)}");

    private static readonly Gen<string> Value = Gen.OneOf(Gen.Const(""), Gen.Const("true"), Gen.Char["aB0-_."].Array[0, 6].Select(letters => new string(letters)));

    private static readonly Gen<Dictionary<string, string>> Map = Gen.Dictionary(Name, Value)[1, 4];

    [Test]
    public void Any_map_of_the_spec_comes_out_as_it_went_in() => Map.Array[Places.Length].Sample(maps =>
    {
        var spec = Spec();
        for (var i = 0; i < maps.Length; i++)
        {
            Places[i].Put(spec, ToJson(maps[i]));
        }

        var plan = Plan(spec);
        for (var i = 0; i < maps.Length; i++)
        {
            var found = Places[i].Find(plan);
            foreach (var (name, value) in maps[i])
            {
                if (found[name]?.GetValue<string>() != value)
                {
                    throw new AssertionException($"{Places[i].Name}: \"{name}\" is {found[name]?.ToJsonString() ?? "missing"} and not \"{value}\"");
                }
            }
        }
    });

    [Test]
    public void A_selector_with_an_empty_value_still_selects()
    {
        var spec = Spec();
        spec["networkPolicy"]!["services"]![0]!["podSelector"]!["matchLabels"] = new JsonObject { ["team"] = "" };
        var peer = Object(Plan(spec), ResourceType.NetworkPolicies, "demo-frontlas")["spec"]!["ingress"]![0]!["from"]![0]!;
        Assert.That(peer.ToJsonString(), Is.EqualTo("""{"podSelector":{"matchLabels":{"team":""}}}"""));
    }

    [Test]
    public void What_the_API_server_leaves_out_is_no_difference_and_a_lost_value_of_a_map_is()
    {
        var spec = Spec();
        spec["frontier"]!["pod"]!["env"] = new JsonArray(new JsonObject { ["name"] = "A", ["value"] = "" });
        spec["frontier"]!["pod"]!["nodeSelector"] = new JsonObject { ["edge"] = "" };
        var wanted = Object(Plan(spec), ResourceType.Deployments, "demo-frontier");
        var kept = wanted.DeepClone().AsObject();
        var container = kept["spec"]!["template"]!["spec"]!["containers"]![0]!;
        container["env"]!.AsArray().Single(variable => variable!["name"]!.GetValue<string>() == "A")!.AsObject().Remove("value");
        Assert.That(Applied.Differs(wanted, new KubeObject(kept)), Is.False);

        kept["spec"]!["template"]!["spec"]!["nodeSelector"]!.AsObject().Remove("edge");
        Assert.That(Applied.Differs(wanted, new KubeObject(kept)), Is.True);
    }

    private static readonly (string Name, Action<JsonObject, JsonObject> Put, Func<Plan, JsonObject> Find)[] Places =
    [
        .. Pod("frontier", "demo-frontier"),
        .. Pod("frontlas", "demo-frontlas"),
        Annotations("frontier", "servicebound", "demo-servicebound-svc"),
        Annotations("frontier", "edgebound", "demo-edgebound-svc"),
        Annotations("frontlas", "controlplane", "demo-frontlas-svc"),
        Policy("services", "podSelector", "demo-frontlas", 0),
        Policy("services", "namespaceSelector", "demo-frontlas", 0),
        Policy("metrics", "podSelector", "demo-frontlas", 2),
        Policy("metrics", "namespaceSelector", "demo-frontlas", 2),
        (
            "monitoring.labels",
            (spec, map) => spec["monitoring"]!["labels"] = map,
            plan => Object(plan, ResourceType.ServiceMonitors, "demo-metrics")["metadata"]!["labels"]!.AsObject()
        ),
    ];

    private static IEnumerable<(string Name, Action<JsonObject, JsonObject> Put, Func<Plan, JsonObject> Find)> Pod(string part, string deployment)
    {
        JsonNode Template(Plan plan) => Object(plan, ResourceType.Deployments, deployment)["spec"]!["template"]!;
        yield return (
            $"{part}.pod.labels",
            (spec, map) => spec[part]!["pod"]!["labels"] = map,
            plan => Template(plan)["metadata"]!["labels"]!.AsObject());
        yield return (
            $"{part}.pod.annotations",
            (spec, map) => spec[part]!["pod"]!["annotations"] = map,
            plan => Template(plan)["metadata"]!["annotations"]!.AsObject());
        yield return (
            $"{part}.pod.nodeSelector",
            (spec, map) => spec[part]!["pod"]!["nodeSelector"] = map,
            plan => Template(plan)["spec"]!["nodeSelector"]!.AsObject());
        yield return (
            $"{part}.pod.topologySpreadConstraints",
            (spec, map) => spec[part]!["pod"]!["topologySpreadConstraints"] = new JsonArray(new JsonObject
            {
                ["maxSkew"] = 1, ["topologyKey"] = "zone", ["whenUnsatisfiable"] = "DoNotSchedule", ["labelSelector"] = new JsonObject { ["matchLabels"] = map },
            }),
            plan => Template(plan)["spec"]!["topologySpreadConstraints"]![0]!["labelSelector"]!["matchLabels"]!.AsObject());
        yield return (
            $"{part}.pod.affinity",
            (spec, map) => spec[part]!["pod"]!["affinity"] = new JsonObject
            {
                ["podAntiAffinity"] = new JsonObject
                {
                    ["requiredDuringSchedulingIgnoredDuringExecution"] = new JsonArray(new JsonObject
                    {
                        ["topologyKey"] = "host", ["labelSelector"] = new JsonObject { ["matchLabels"] = map },
                    }),
                },
            },
            plan => Template(plan)["spec"]!["affinity"]!["podAntiAffinity"]!["requiredDuringSchedulingIgnoredDuringExecution"]![0]!["labelSelector"]!["matchLabels"]!
                .AsObject());
        yield return (
            $"{part}.pod.env",
            (spec, map) => spec[part]!["pod"]!["env"] =
                new JsonArray([.. map.Select(item => new JsonObject { ["name"] = item.Key, ["value"] = item.Value!.GetValue<string>() })]),
            plan => ToJson(Template(plan)["spec"]!["containers"]![0]!["env"]!.AsArray()
                .Where(variable => variable!["value"] is not null)
                .ToDictionary(variable => variable!["name"]!.GetValue<string>(), variable => variable!["value"]!.GetValue<string>())));
    }

    private static (string Name, Action<JsonObject, JsonObject> Put, Func<Plan, JsonObject> Find) Annotations(string part, string port, string service) => (
        $"{part}.{port}.serviceAnnotations",
        (spec, map) => spec[part]![port] = new JsonObject { ["serviceAnnotations"] = map },
        plan => Object(plan, ResourceType.Services, service)["metadata"]!["annotations"]!.AsObject());

    private static (string Name, Action<JsonObject, JsonObject> Put, Func<Plan, JsonObject> Find) Policy(string who, string selector, string policy, int rule) => (
        $"networkPolicy.{who}.{selector}",
        (spec, map) => spec["networkPolicy"]![who]![0]![selector] = new JsonObject { ["matchLabels"] = map },
        plan => Object(plan, ResourceType.NetworkPolicies, policy)["spec"]!["ingress"]![rule]!["from"]![0]![selector]!["matchLabels"]!.AsObject());

    private static JsonObject Object(Plan plan, ResourceType type, string name) => plan.Objects.Single(item => item.Type == type && item.Key.Name == name).Json;

    private static JsonObject Spec() => new()
    {
        ["frontier"] = new JsonObject { ["pod"] = new JsonObject() },
        ["frontlas"] = new JsonObject { ["pod"] = new JsonObject(), ["redis"] = new JsonObject { ["addrs"] = new JsonArray("redis:6379") } },
        ["networkPolicy"] = new JsonObject
        {
            ["enabled"] = true,
            ["services"] = new JsonArray(new JsonObject { ["podSelector"] = new JsonObject() }),
            ["metrics"] = new JsonArray(new JsonObject { ["podSelector"] = new JsonObject() }),
        },
        ["monitoring"] = new JsonObject { ["serviceMonitor"] = true },
    };

    private static Plan Plan(JsonObject spec)
    {
        var cluster = KubernetesJson.Deserialize<FrontierCluster>(new JsonObject
        {
            ["apiVersion"] = "frontier.singchia.io/v1alpha1",
            ["kind"] = "FrontierCluster",
            ["metadata"] = new JsonObject { ["name"] = "demo", ["namespace"] = "default" },
            ["spec"] = spec.DeepClone(),
        }.ToJsonString());
        return Planner.Create(cluster, Around, Defaults);
    }

    private static JsonObject ToJson(Dictionary<string, string> map) => new(map.Select(item => KeyValuePair.Create(item.Key, (JsonNode?)item.Value)));
}

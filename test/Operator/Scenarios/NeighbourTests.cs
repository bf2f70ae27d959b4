using System.Text.Json.Nodes;
using Frontier.Operator.Api;
using Frontier.Operator.Kube;
using Frontier.Operator.Tests.Support;

namespace Frontier.Operator.Tests.Scenarios;

/// <summary>Clusters beside what others have made: the original's operator, autoscalers, Prometheus, other owners.</summary>
internal sealed class NeighbourTests : OperatorScenario
{
    [Test]
    public async Task What_the_originals_operator_has_made_is_taken_over_where_it_stands()
    {
        Server.Apply("""
            apiVersion: apps/v1
            kind: Deployment
            metadata: { name: demo-frontier, labels: { app: demo-frontier } }
            spec:
              replicas: 1
              selector: { matchLabels: { app: demo-frontier } }
              template:
                metadata: { labels: { app: demo-frontier } }
                spec:
                  containers:
                    - name: frontier
                      image: singchia/frontier:1.1.0
                      env: [{ name: FRONTLAS_ADDR, value: "demo-frontlas-svc:40012" }]
            """);
        var uid = Deployment("demo-frontier")["metadata"]!["uid"]!.GetValue<string>();
        Server.Apply(Simple);
        StartOperator();
        await SettledAsync();
        Assert.That(Deployment("demo-frontier")["metadata"]!["uid"]!.GetValue<string>(), Is.EqualTo(uid));
        Assert.That(Container("demo-frontier")["image"]!.GetValue<string>(), Is.EqualTo("frontier:test"));
        Assert.That(Deployment("demo-frontier")["spec"]!["template"]!["spec"]!["containers"]!.AsArray(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task An_object_that_belongs_to_somebody_else_is_left_alone()
    {
        Server.Apply("""
            apiVersion: v1
            kind: Service
            metadata:
              name: demo-edgebound-svc
              ownerReferences: [{ apiVersion: example.com/v1, kind: Shop, name: corner, uid: "1234", controller: true }]
            spec: { selector: { app: shop }, ports: [{ port: 80 }] }
            """);
        Server.Apply(Simple);
        StartOperator();
        await PhaseIsAsync(Phases.Failed);
        Assert.That(Status()!.Message, Is.EqualTo("Service demo-edgebound-svc belongs to another Shop"));
        Assert.That(Server.Find(ResourceType.Services, "demo-edgebound-svc")!["spec"]!["selector"]!["app"]!.GetValue<string>(), Is.EqualTo("shop"));

        Server.Delete(ResourceType.Services, "demo-edgebound-svc");
        await SettledAsync();
    }

    [Test]
    public async Task The_number_of_gateways_an_autoscaler_has_set_stays()
    {
        Server.Apply(ClusterYaml(frontier: """
            replicas: 2
            autoscaling: { minReplicas: 2, maxReplicas: 6, targetCPUUtilizationPercentage: 70, targetConnections: 20000 }
            """));
        StartOperator();
        await SettledAsync();
        var autoscaler = Server.Find(ResourceType.HorizontalPodAutoscalers, "demo-frontier")!;
        Assert.That(autoscaler["spec"]!["metrics"]!.AsArray().Select(metric => metric!["type"]!.GetValue<string>()), Is.EqualTo(new[] { "Resource", "Pods" }));

        var writes = Server.Writes.Count;
        Server.Store.Edit(ResourceType.Deployments, new ObjectKey("default", "demo-frontier"), (deployment, _) =>
        {
            deployment!["spec"]!["replicas"] = 5;
            deployment["metadata"]!["generation"] = deployment["metadata"]!["generation"]!.GetValue<long>() + 1;
            return deployment;
        });
        await Eventually.HoldsAsync(() => Status()!.FrontierReadyReplicas == 5, "five gateways are ready");
        Assert.That(ChangesSince(writes), Is.Empty);

        Server.Apply(Simple);
        await Eventually.HoldsAsync(() => Server.Find(ResourceType.HorizontalPodAutoscalers, "demo-frontier") is null, "the autoscaler is gone");
        await SettledAsync();
        Assert.That(Deployment("demo-frontier")["spec"]!["replicas"]!.GetValue<int>(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_ServiceMonitor_is_made_where_there_is_such_a_kind_and_missed_where_there_is_not()
    {
        const string Wanted = "monitoring: { serviceMonitor: true, interval: 30s, labels: { release: prometheus } }";
        Server.Apply(ClusterYaml(spec: Wanted));
        var first = StartOperator();
        await Eventually.HoldsAsync(() => ConditionOf(ConditionTypes.Degraded) == "True NoServiceMonitors", "its absence is told");
        await PhaseIsAsync(Phases.Running);
        await first.TerminateAsync();

        Server.HasServiceMonitors = true;
        var second = StartOperator();
        await Eventually.HoldsAsync(() => Server.Find(ResourceType.ServiceMonitors, "demo-metrics") is not null, "it is made");
        await SettledAsync();
        var monitor = Server.Find(ResourceType.ServiceMonitors, "demo-metrics")!;
        Assert.That(monitor["metadata"]!["labels"]!["release"]!.GetValue<string>(), Is.EqualTo("prometheus"));
        Assert.That(monitor["spec"]!["endpoints"]![0]!["interval"]!.GetValue<string>(), Is.EqualTo("30s"));
        Assert.That(Server.Find(ResourceType.Services, "demo-metrics")!["spec"]!["clusterIP"]!.GetValue<string>(), Is.EqualTo("None"));
        await Eventually.HoldsAsync(() => ConditionOf(ConditionTypes.Degraded) == "False AsExpected", "nothing is missing any more");

        // One that has not made it itself removes it as well.
        await second.TerminateAsync();
        StartOperator();
        Server.Apply(Simple);
        await Eventually.HoldsAsync(() => Server.Find(ResourceType.ServiceMonitors, "demo-metrics") is null, "it goes");
        await Eventually.HoldsAsync(() => Server.Find(ResourceType.Services, "demo-metrics") is null, "so does its Service");
    }

    [Test]
    public async Task A_Redis_password_reaches_pods_by_a_Secret_and_a_new_one_replaces_them()
    {
        Server.Apply(ClusterYaml(redis: "password: first"));
        StartOperator();
        await SettledAsync();
        var before = Digest();
        Assert.That(Password(Container("demo-frontier"))!["name"]!.GetValue<string>(), Is.EqualTo("demo-redis-password"));
        Assert.That(Deployment("demo-frontier").ToJsonString() + Deployment("demo-frontlas").ToJsonString(), Does.Not.Contain("first"));
        Assert.That(Server.Find(ResourceType.Secrets, "demo-redis-password")!["data"]!["password"]!.GetValue<string>(), Is.EqualTo(Convert.ToBase64String("first"u8)));

        Server.Apply(ClusterYaml(redis: "passwordSecret: { name: own, key: pass }"));
        await Eventually.HoldsAsync(() => Status()!.Message!.Contains("Secret own with the key pass", StringComparison.Ordinal), "the missing Secret is told");
        Assert.That(Status()!.Phase, Is.EqualTo(Phases.Running), "what runs goes on");
        Server.Apply(Certificates.Secret("own", ("pass", "second")));
        await SettledAsync();
        Assert.That(Password(Container("demo-frontlas"))!["name"]!.GetValue<string>(), Is.EqualTo("own"));
        Assert.That(Server.Find(ResourceType.Secrets, "demo-redis-password"), Is.Null);
        Assert.That(Digest(), Is.Not.EqualTo(before));

        string Digest() => Deployment("demo-frontier")["spec"]!["template"]!["metadata"]!["annotations"]!["frontier.singchia.io/redis-password"]!.GetValue<string>();

        static JsonNode? Password(JsonObject container) =>
            container["env"]!.AsArray().Single(item => item!["name"]!.GetValue<string>() == "REDIS_PASSWORD")!["valueFrom"]!["secretKeyRef"];
    }

    [Test]
    public async Task Network_policies_come_and_go_with_the_spec()
    {
        Server.Apply(ClusterYaml(spec: "networkPolicy: { enabled: true }"));
        StartOperator();
        await SettledAsync();
        Golden.Matches("network-policies.yaml", Server.Store.List(ResourceType.NetworkPolicies, "default").Items);

        Server.Apply(Simple);
        await Eventually.HoldsAsync(() => Server.Store.List(ResourceType.NetworkPolicies, "default").Items.Count == 0, "they go");
    }
}

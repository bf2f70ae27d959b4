using System.Text.Json.Nodes;
using Frontier.Operator.Api;
using Frontier.Operator.Kube;
using Frontier.Operator.Tests.Support;

namespace Frontier.Operator.Tests.Scenarios;

/// <summary>From <c>kubectl apply</c> to <c>kubectl delete</c>.</summary>
internal sealed class LifecycleTests : OperatorScenario
{
    private static readonly string[] FirstWrites =
    [
        "PATCH Service demo-servicebound-svc 200", "PATCH Service demo-edgebound-svc 200", "PATCH Service demo-frontlas-svc 200",
        "PATCH PodDisruptionBudget demo-frontier 200", "PATCH PodDisruptionBudget demo-frontlas 200",
        "PATCH Deployment demo-frontlas 200", "PATCH Deployment demo-frontier 200",
        "POST Event Event 201", "PATCH FrontierCluster/status demo 200",
    ];

    [Test]
    public async Task A_new_cluster_gets_its_objects_with_one_write_each_and_becomes_Running()
    {
        Server.Controllers.Hold();
        Server.Apply(Simple);
        StartOperator();
        await PhaseIsAsync(Phases.Pending);
        await Eventually.HoldsAsync(() => Server.Writes.Count >= FirstWrites.Length, "all is written");
        Assert.That(WritesSince(0).Select(WithoutEventName), Is.EqualTo(FirstWrites));
        Golden.Matches("created.yaml", Children());

        Server.Controllers.Release();
        await SettledAsync();
        Assert.That(ChangesSince(FirstWrites.Length), Is.Empty);
        Assert.That(ConditionOf(ConditionTypes.Available), Is.EqualTo("True Serving"));
        Assert.That(ConditionOf(ConditionTypes.Degraded), Is.EqualTo("False AsExpected"));
        Assert.That(Status(), Has.Property("FrontierReadyReplicas").EqualTo(1).And.Property("FrontlasReadyReplicas").EqualTo(1));
        Assert.That(Status()!.Message, Is.EqualTo("1 of 1 gateways and 1 of 1 silos are ready"));
        Assert.That(Events(), Is.EquivalentTo(new[] { "Normal Pending", "Normal Running", "Normal RolledOut" }));
    }

    [Test]
    public async Task An_idle_cluster_causes_no_writes_at_all()
    {
        Server.Apply(Simple);
        var process = StartOperator("--resync", "5");
        await SettledAsync();
        var writes = Server.Writes.Count;
        var watches = Watches();
        var looks = await LooksAsync();

        // Two resyncs: every cluster has been looked at anew.
        await Eventually.HoldsAsync(() => Watches() >= watches + 2, "the watches were renewed twice");
        await Eventually.HoldsAsync(async () => await LooksAsync() > looks, "the cluster was looked at");
        Assert.That(WritesSince(writes), Is.Empty);

        int Watches() => Server.Requests.Count(request => request is { Method: "WATCH", Kind: "FrontierCluster" });

        async Task<double> LooksAsync()
        {
            var (_, body) = await process.GetAsync("/metrics");
            return body.Split('\n').Where(line => line.StartsWith("frontier_operator_reconciles_total", StringComparison.Ordinal) && line.Contains("\"done\"", StringComparison.Ordinal))
                .Sum(line => double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    [Test]
    public async Task Scaling_changes_the_Deployment_and_nothing_else()
    {
        Server.Apply(Simple);
        StartOperator();
        await SettledAsync();
        var writes = Server.Writes.Count;

        Server.Apply(ClusterYaml(frontier: "replicas: 3"));
        await Eventually.HoldsAsync(() => Status()!.FrontierReadyReplicas == 3, "three gateways are ready");
        await SettledAsync();

        Assert.That(Deployment("demo-frontier")["spec"]!["replicas"]!.GetValue<int>(), Is.EqualTo(3));
        Assert.That(ChangesSince(writes), Is.EqualTo(new[] { "PATCH Deployment demo-frontier 200" }));
        Assert.That(Status()!.Phase, Is.EqualTo(Phases.Running));
    }

    [Test]
    public async Task A_new_image_rolls_out_and_the_cluster_stays_Running_meanwhile()
    {
        Server.Apply(Simple);
        StartOperator();
        await SettledAsync();
        var writes = Server.Writes.Count;

        Server.Controllers.Hold();
        Server.Apply(ClusterYaml(frontier: "image: frontier:next"));
        await Eventually.HoldsAsync(() => ConditionOf(ConditionTypes.Progressing) == "True RollingOut", "it rolls out");
        Assert.That(Status()!.Phase, Is.EqualTo(Phases.Running));
        Assert.That(ConditionOf(ConditionTypes.Available), Is.EqualTo("True Serving"));
        Server.Controllers.Release();
        await SettledAsync();

        Assert.That(Container("demo-frontier")["image"]!.GetValue<string>(), Is.EqualTo("frontier:next"));
        Assert.That(ChangesSince(writes), Is.EqualTo(new[] { "PATCH Deployment demo-frontier 200" }));
        Assert.That(Events(), Does.Contain("Normal RollingOut").And.Contain("Normal RolledOut"));
    }

    [Test]
    public async Task A_member_that_is_taken_out_of_the_spec_goes_from_the_objects()
    {
        Server.Apply(ClusterYaml(frontier: """
            pod:
              priorityClassName: high
              nodeSelector: { pool: edge }
              annotations: { team: blue }
            """));
        StartOperator();
        await SettledAsync();
        Assert.That(Pod()["priorityClassName"]?.GetValue<string>(), Is.EqualTo("high"));

        Server.Apply(Simple);
        await Eventually.HoldsAsync(() => Pod()["priorityClassName"] is null, "the priority is gone");
        Assert.That(Pod()["nodeSelector"], Is.Null);
        Assert.That(Deployment("demo-frontier")["spec"]!["template"]!["metadata"]!["annotations"], Is.Null);
        await SettledAsync();

        JsonObject Pod() => Deployment("demo-frontier")["spec"]!["template"]!["spec"]!.AsObject();
    }

    [Test]
    public async Task A_child_that_somebody_deletes_comes_back_with_one_write()
    {
        Server.Apply(Simple);
        StartOperator();
        await SettledAsync();
        foreach (var (type, name) in new[]
        {
            (ResourceType.Services, "demo-edgebound-svc"), (ResourceType.PodDisruptionBudgets, "demo-frontier"),
        })
        {
            var writes = Server.Writes.Count;
            Server.Delete(type, name);
            await Eventually.HoldsAsync(() => Server.Find(type, name) is not null, $"{name} is back");
            Assert.That(WritesSince(writes), Is.EqualTo(new[] { $"PATCH {type.Kind} {name} 200" }));
        }

        Server.Delete(ResourceType.Deployments, "demo-frontier");
        await Eventually.HoldsAsync(() => Server.Find(ResourceType.Deployments, "demo-frontier") is not null, "the Deployment is back");
        await SettledAsync();
    }

    [Test]
    public async Task What_somebody_changes_is_put_right_and_what_somebody_adds_stays()
    {
        Server.Apply(Simple);
        StartOperator();
        await SettledAsync();
        var writes = Server.Writes.Count;

        Server.Store.Edit(ResourceType.Deployments, new ObjectKey("default", "demo-frontier"), (deployment, _) =>
        {
            deployment!["metadata"]!["annotations"]!["backup"] = "yes";
            deployment["spec"]!["template"]!["spec"]!["containers"]!.AsArray().Add(new JsonObject { ["name"] = "sidecar", ["image"] = "sidecar:1" });
            return deployment;
        });
        Server.Store.Edit(ResourceType.Services, new ObjectKey("default", "demo-servicebound-svc"), (service, _) =>
        {
            service!["spec"]!["selector"] = new JsonObject { ["app"] = "elsewhere" };
            return service;
        });

        await Eventually.HoldsAsync(
            () => Server.Find(ResourceType.Services, "demo-servicebound-svc")!["spec"]!["selector"]!["app"]!.GetValue<string>() == "demo-frontier", "it is put right");
        await SettledAsync();
        Assert.That(ChangesSince(writes), Is.EqualTo(new[] { "PATCH Service demo-servicebound-svc 200" }));
        Assert.That(Deployment("demo-frontier")["metadata"]!["annotations"]!["backup"]!.GetValue<string>(), Is.EqualTo("yes"));
        Assert.That(Deployment("demo-frontier")["spec"]!["template"]!["spec"]!["containers"]!.AsArray(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Deleting_the_cluster_takes_everything_with_it_and_nothing_is_made_again()
    {
        Server.Apply(Simple);
        var process = StartOperator();
        await SettledAsync();
        var writes = Server.Writes.Count;
        Assert.That(Server.Find(ResourceType.FrontierClusters, "demo")!["metadata"]!["finalizers"], Is.Null);

        Server.Delete(ResourceType.FrontierClusters, "demo");
        Assert.That(Children(), Is.Empty, "no finalizer holds it back");

        // The operator has seen it when it has seen a later change.
        Server.Apply(ClusterYaml().Replace("name: demo", "name: other", StringComparison.Ordinal));
        await Eventually.HoldsAsync(() => Server.Find(ResourceType.Deployments, "other-frontier") is not null, "the next cluster is made");
        Assert.That(Server.Writes.Skip(writes).Where(request => request.Name.StartsWith("demo", StringComparison.Ordinal) && request.Kind != "Event"), Is.Empty);
        Assert.That(process.HasExited, Is.False);
    }

    [Test]
    public async Task An_operator_that_is_told_to_stop_gives_the_Lease_back_and_exits_with_0()
    {
        var process = StartOperator();
        await process.LeadsAsync();
        Assert.That((await process.GetAsync("/healthz")).Status, Is.EqualTo(200));
        await Eventually.HoldsAsync(async () => (await process.GetAsync("/readyz")).Status == 200, "it is ready");
        Assert.That((await process.GetAsync("/metrics")).Body, Does.Contain("frontier_operator_leading"));

        Assert.That(await process.TerminateAsync(), Is.Zero);
        Assert.That(Server.Find(ResourceType.Leases, "frontier-operator")!["spec"]!["holderIdentity"]!.GetValue<string>(), Is.Empty);
    }

    [Test]
    public async Task An_operator_for_one_namespace_leaves_the_others_alone()
    {
        Server.Apply(Simple);
        Server.Apply(ClusterYaml().Replace("name: demo", "name: demo\n  namespace: apart", StringComparison.Ordinal));
        StartOperator("--namespace", "apart");
        await Eventually.HoldsAsync(() => Server.Store.Find(ResourceType.Deployments, new ObjectKey("apart", "demo-frontier")) is not null, "its own is made");
        Assert.That(Server.Find(ResourceType.Deployments, "demo-frontier"), Is.Null);
        Assert.That(Server.Requests.Where(request => request is { Method: "WATCH" }), Is.Not.Empty);
    }

    private static string WithoutEventName(string write) =>
        write.StartsWith("POST Event", StringComparison.Ordinal) ? "POST Event Event 201" : write;

    private List<JsonObject> Children() =>
    [
        .. Server.Store.All().Where(item => new KubeObject(item).Controller is not null && item["metadata"]!["namespace"]!.GetValue<string>() == "default")
            .OrderBy(item => item["kind"]!.GetValue<string>(), StringComparer.Ordinal)
            .ThenBy(item => item["metadata"]!["name"]!.GetValue<string>(), StringComparer.Ordinal),
    ];
}

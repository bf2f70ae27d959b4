using System.Text.Json.Nodes;
using Frontier.Operator.Api;
using Frontier.Operator.Kube;
using Frontier.Operator.Tests.Support;

namespace Frontier.Operator.Tests.Scenarios;

/// <summary>What goes wrong between the operator and the API server delays it, and nothing else.</summary>
internal sealed class FaultTests : OperatorScenario
{
    [TestCase("PATCH", "Deployment", 409)]
    [TestCase("PATCH", "Service", 500)]
    [TestCase("PATCH", "PodDisruptionBudget", 429)]
    [TestCase("PATCH", "FrontierCluster/status", 409)]
    [TestCase("POST", "Event", 503)]
    [TestCase("GET", "FrontierCluster", 500)]
    [TestCase("WATCH", "Deployment", 410)]
    public async Task An_error_is_tried_again_until_it_works(string method, string kind, int status)
    {
        Server.Fail(method, kind, status, times: 2, retryAfter: status == 429 ? "1" : null);
        Server.Apply(Simple);
        var process = StartOperator();
        await SettledAsync();
        await Eventually.HoldsAsync(() => Server.HasFailed, "both errors were met");
        Assert.That(process.HasExited, Is.False);
        Assert.That(Server.Writes.Where(request => request.Status < 300 && request.Kind is "Deployment" or "Service" && request.Status < 300).Select(request => request.Name),
            Is.Unique, "what was written once is not written again");
    }

    [Test]
    public async Task Changes_made_while_watches_are_cut_or_expired_are_not_missed()
    {
        Server.Apply(Simple);
        StartOperator();
        await SettledAsync();

        Server.DropWatches();
        Server.Apply(ClusterYaml(frontier: "replicas: 2"));
        await Eventually.HoldsAsync(() => Status()!.FrontierReadyReplicas == 2, "the change after a cut is seen");

        // Nobody knows any more what happened: only a new list can tell.
        var lists = Lists();
        Server.Fail("WATCH", "FrontierCluster", 500, times: 3);
        Server.Fail("WATCH", "Deployment", 500, times: 3);
        Server.DropWatches();
        Server.Apply(ClusterYaml(frontier: "replicas: 4"));
        Server.Delete(ResourceType.PodDisruptionBudgets, "demo-frontlas");
        Server.Store.Compact();
        await Eventually.HoldsAsync(() => Status()!.FrontierReadyReplicas == 4, "the change before the expiry is seen");
        await Eventually.HoldsAsync(() => Server.Find(ResourceType.PodDisruptionBudgets, "demo-frontlas") is not null, "the deletion is seen");
        await SettledAsync();
        Assert.That(Lists(), Is.GreaterThan(lists));

        int Lists() => Server.Requests.Count(request => request is { Method: "GET", Name: "", Kind: "FrontierCluster" });
    }

    [Test]
    public async Task A_server_that_forgets_every_version_at_once_is_not_listed_in_a_tight_loop()
    {
        Server.Fail("WATCH", "Deployment", 410, times: int.MaxValue);
        Server.Apply(Simple);
        StartOperator("--resync", "5");
        await Eventually.HoldsAsync(() => Server.Requests.Count(request => request is { Method: "WATCH", Kind: "FrontierCluster" }) > 1, "5 s have passed for the operator");
        // 0.2 s, 0.4 s, 0.8 s and so on, half of it at the least.
        Assert.That(Server.Requests.Count(request => request is { Method: "GET", Name: "", Kind: "Deployment" }), Is.InRange(2, 10));
        Assert.That(Server.Find(ResourceType.Deployments, "demo-frontier"), Is.Not.Null, "it works by its lists meanwhile");
    }

    [Test]
    public async Task An_object_the_API_server_refuses_is_a_Failed_status_with_its_words()
    {
        Server.Fail("PATCH", "Deployment", 422, times: 2);
        Server.Apply(Simple);
        StartOperator();
        await Eventually.HoldsAsync(() => Status()?.Phase == Phases.Failed, "it is Failed");
        Assert.That(Status()!.Message, Does.Contain("Deployment demo-frontlas: a fault of the test"));
        Assert.That(ConditionOf(ConditionTypes.Degraded), Is.EqualTo("True Refused"));
        await SettledAsync();
        Assert.That(Events(), Does.Contain("Warning Failed").And.Contain("Normal Running"));
    }

    [Test]
    public async Task Pods_that_do_not_come_up_are_a_Failed_status_and_lost_pods_a_degraded_one()
    {
        Server.Apply(ClusterYaml(frontier: "replicas: 3"));
        StartOperator();
        await SettledAsync();
        var key = new ObjectKey("default", "demo-frontier");

        Server.Controllers.Hold();
        Server.Controllers.Settle(key, ready: 1, failure: null);
        await Eventually.HoldsAsync(() => ConditionOf(ConditionTypes.Degraded) == "True PodsNotReady", "it is degraded");
        Assert.That(Status(), Has.Property("Phase").EqualTo(Phases.Running).And.Property("FrontierReadyReplicas").EqualTo(1));
        Server.Controllers.Settle(key, ready: 0, failure: null);
        await PhaseIsAsync(Phases.Pending);
        Assert.That(ConditionOf(ConditionTypes.Available), Is.EqualTo("False NotReady"));
        Server.Controllers.Settle(key, ready: 0, failure: "ProgressDeadlineExceeded");
        await PhaseIsAsync(Phases.Failed);
        Assert.That(Status()!.Message, Does.Contain("the gateways do not come up"));
        Server.Controllers.Release();
        await SettledAsync();
    }

    [Test]
    public async Task An_operator_killed_midway_is_finished_by_the_next_one_without_a_write_too_many()
    {
        // The Deployments cannot be written, so the first operator ends half-way, for certain.
        Server.Fail("PATCH", "Deployment", 500, times: int.MaxValue);
        Server.Apply(Simple);
        var first = StartOperator();
        await Eventually.HoldsAsync(() => Server.Requests.Any(request => request is { Kind: "Deployment", Status: 500 }), "it is half-way");
        await first.KillAsync();
        Server.ClearFaults();
        Assert.That(Server.Find(ResourceType.Deployments, "demo-frontlas"), Is.Null);

        StartOperator();
        await SettledAsync();
        Assert.That(
            Server.Writes.Where(request => request.Status < 300 && request.Kind is not ("Event" or "FrontierCluster/status")).Select(request => $"{request.Kind} {request.Name}"),
            Is.EquivalentTo(new[]
            {
                "Service demo-servicebound-svc", "Service demo-edgebound-svc", "Service demo-frontlas-svc", "PodDisruptionBudget demo-frontier",
                "PodDisruptionBudget demo-frontlas", "Deployment demo-frontlas", "Deployment demo-frontier",
            }));
    }

    [Test]
    public async Task Of_two_operators_one_writes_and_the_other_takes_over_when_it_is_killed()
    {
        var first = StartOperator("--identity", "first");
        await first.LeadsAsync();
        var second = StartOperator("--identity", "second");
        await Eventually.HoldsAsync(() => second.Log.Any(line => line.Contains("first leads; waiting", StringComparison.Ordinal)), "the second waits");
        Server.Apply(Simple);
        await SettledAsync();
        Assert.That((await second.GetAsync("/metrics")).Body, Does.Not.Contain("frontier_operator_writes_total{"), "it has written nothing");
        await first.KillAsync();
        Server.Apply(ClusterYaml(frontier: "replicas: 2"));
        await second.LeadsAsync();
        await Eventually.HoldsAsync(() => Status()!.FrontierReadyReplicas == 2, "the second does the work");
        Assert.That(Lease()["holderIdentity"]!.GetValue<string>(), Is.EqualTo("second"));
        Assert.That(Lease()["leaseTransitions"]!.GetValue<int>(), Is.EqualTo(1));
        Assert.That((await second.GetAsync("/metrics")).Body, Does.Contain("frontier_operator_writes_total{"));

        JsonNode Lease() => Server.Find(ResourceType.Leases, "frontier-operator")!["spec"]!;
    }

    [Test]
    public async Task An_operator_that_cannot_renew_its_Lease_ends_before_another_may_lead()
    {
        var process = StartOperator();
        await process.LeadsAsync();
        Server.Fail("GET", "Lease", 500, times: int.MaxValue);
        Assert.That(await process.ExitAsync(), Is.EqualTo(1));
        Assert.That(process.Log, Has.Some.Contains("leadership was lost"));
    }
}

using System.Text.Json.Nodes;
using Frontier.Operator.Api;
using Frontier.Operator.Kube;
using Frontier.Operator.Reconcile;
using Frontier.Operator.Tests.Support.ApiServer;

namespace Frontier.Operator.Tests.Support;

/// <summary>An API server for each test, and operators that are started when it asks for them.</summary>
internal abstract class OperatorScenario
{
    private readonly List<OperatorProcess> _operators = [];

    protected FakeApiServer Server { get; private set; } = null!;

    /// <summary>The simplest cluster there is.</summary>
    protected static string Simple => ClusterYaml();

    [SetUp]
    public async Task StartServer() => Server = await FakeApiServer.StartAsync();

    [TearDown]
    public async Task StopAll()
    {
        foreach (var process in _operators)
        {
            await process.DisposeAsync();
        }

        _operators.Clear();
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
        {
            TestContext.Out.WriteLine(string.Join('\n', Server.Requests));
        }

        await Server.DisposeAsync();
    }

    protected OperatorProcess StartOperator(params string[] arguments)
    {
        var process = OperatorProcess.Start(Server, arguments);
        _operators.Add(process);
        return process;
    }

    /// <summary>A cluster called demo.</summary>
    /// <param name="frontier">Lines under <c>spec.frontier</c>.</param>
    /// <param name="frontlas">Lines under <c>spec.frontlas</c>.</param>
    /// <param name="spec">Lines under <c>spec</c>.</param>
    /// <param name="redis">Lines under <c>spec.frontlas.redis</c>.</param>
    protected static string ClusterYaml(string frontier = "", string frontlas = "", string spec = "", string redis = "") => $"""
        apiVersion: frontier.singchia.io/v1alpha1
        kind: FrontierCluster
        metadata:
          name: demo
        spec:
        {Indent(spec, 2)}
          frontier:
            servicebound: {"{}"}
            edgebound: {"{}"}
        {Indent(frontier, 4)}
          frontlas:
        {Indent(frontlas, 4)}
            redis:
              addrs: ["redis:6379"]
              redisType: standalone
        {Indent(redis, 6)}
        """;

    protected FrontierClusterStatus? Status() => Server.Find(ResourceType.FrontierClusters, "demo") is { } cluster
        ? new KubeObject(cluster).As<FrontierCluster>().Status
        : null;

    protected string ConditionOf(string type) => StatusRules.Find(Status(), type) is { } condition ? $"{condition.Status} {condition.Reason}" : "none";

    protected Task PhaseIsAsync(string phase) => Eventually.HoldsAsync(
        () => Status() is { } status && status.Phase == phase && status.ObservedGeneration == Generation() ? true : throw new AssertionException($"{Status()?.Phase}: {Status()?.Message}"),
        $"phase {phase}");

    /// <summary>Running, with everything rolled out: nothing is left to do.</summary>
    protected Task SettledAsync() => Eventually.HoldsAsync(
        () => Status() is { Phase: Phases.Running } status && status.ObservedGeneration == Generation() && ConditionOf(ConditionTypes.Progressing) == "False Complete",
        "everything runs");

    protected JsonObject Deployment(string name) => Server.Find(ResourceType.Deployments, name) ?? throw new AssertionException($"no Deployment {name}");

    protected JsonObject Container(string deployment) => Deployment(deployment)["spec"]!["template"]!["spec"]!["containers"]![0]!.AsObject();

    protected static string? Variable(JsonObject container, string name) =>
        container["env"]!.AsArray().FirstOrDefault(item => item!["name"]!.GetValue<string>() == name)?["value"]?.GetValue<string>();

    /// <summary>The writes since an earlier moment, as words: PATCH Deployment demo-frontier 200.</summary>
    protected List<string> WritesSince(int earlier) => [.. Server.Writes.Skip(earlier).Select(request => request.ToString())];

    /// <summary>The writes since an earlier moment without those that only tell of changes: events and status.</summary>
    protected List<string> ChangesSince(int earlier) =>
        [.. Server.Writes.Skip(earlier).Where(request => request.Kind is not ("Event" or "FrontierCluster/status")).Select(request => request.ToString())];

    protected IReadOnlyList<string> Events() =>
        [.. Server.Store.List(ResourceType.Events, "default").Items.Select(item => $"{item["type"]} {item["reason"]}")];

    private long Generation() => Server.Find(ResourceType.FrontierClusters, "demo")!["metadata"]!["generation"]!.GetValue<long>();

    private static string Indent(string lines, int by) =>
        string.Join('\n', lines.ReplaceLineEndings("\n").Split('\n').Select(line => new string(' ', by) + line)).TrimEnd();
}

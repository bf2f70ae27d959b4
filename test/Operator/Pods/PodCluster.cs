using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Frontier.Operator.Api;
using Frontier.Operator.Desired;
using Frontier.Operator.Kube;
using Frontier.Operator.Tests.Support;
using k8s;
using k8s.Models;
using RedisProcess = Frontier.Cluster.Tests.Support.RedisProcess;

namespace Frontier.Operator.Tests.Pods;

/// <summary>What the operator makes of a FrontierCluster, run on this machine: its pods as processes, its Services by their selectors, and a Redis server.</summary>
internal sealed class PodCluster : IAsyncDisposable
{
    private static int s_addresses;

    private readonly TemporaryFolder _folder = new();
    private readonly FrontierCluster _cluster;
    private readonly RedisProcess _redis;
    private readonly Dictionary<string, V1Secret> _secrets;
    private readonly List<PodProcess> _pods = [];
    private Plan _plan;

    private PodCluster(FrontierCluster cluster, RedisProcess redis, Dictionary<string, V1Secret> secrets)
    {
        _cluster = cluster;
        _redis = redis;
        _secrets = secrets;
        _plan = Render();
    }

    /// <summary>Starts the Redis server, and no pod yet.</summary>
    /// <param name="resource">The FrontierCluster.</param>
    /// <param name="redisPassword">The Redis server's password.</param>
    /// <param name="secrets">The user's Secrets.</param>
    public static async Task<PodCluster> CreateAsync(JsonObject resource, string? redisPassword = null, params V1Secret[] secrets)
    {
        var cluster = KubernetesJson.Deserialize<FrontierCluster>(resource);
        cluster.Metadata.NamespaceProperty = "default";
        cluster.Metadata.Uid = "2b1c";
        var redis = RedisProcess.Create(password: redisPassword);
        await redis.StartAsync();
        return new PodCluster(cluster, redis, secrets.ToDictionary(secret => secret.Metadata.Name));
    }

    /// <summary>Starts one pod of a Deployment, and waits until its probes are content.</summary>
    public async Task<PodProcess> StartAsync(string deployment)
    {
        var template = Find<V1Deployment>(ResourceType.Deployments, deployment).Spec.Template;
        // Addresses of loopback, each for one pod of one run: other runs have the same ports.
        var number = Interlocked.Increment(ref s_addresses);
        var address = IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"127.{100 + (Environment.ProcessId % 100)}.{1 + (Environment.ProcessId / 100 % 250)}.{number}"));
        var pod = new PodProcess(template, string.Create(CultureInfo.InvariantCulture, $"{deployment}-{number}"), address, _folder.Path, FindSecret, Resolve);
        _pods.Add(pod);
        await pod.WaitUntilReadyAsync();
        return pod;
    }

    /// <summary>Where a Service leads to.</summary>
    public IPEndPoint EndPointOf(string service, string port)
    {
        var spec = Find<V1Service>(ResourceType.Services, service).Spec;
        var pod = _pods.First(pod => pod.IsRunning && spec.Selector.All(label => pod.Labels.TryGetValue(label.Key, out var value) && value == label.Value));
        return new IPEndPoint(pod.Address, pod.PortOf(spec.Ports.Single(candidate => candidate.Name == port).TargetPort.Value));
    }

    /// <summary>The user changes a Secret: the operator copies it, the kubelets put it into the pods.</summary>
    public void Change(V1Secret secret)
    {
        var before = _plan;
        _secrets[secret.Metadata.Name] = secret;
        _plan = Render();
        Assert.That(Templates(_plan), Is.EqualTo(Templates(before)), "no pod is replaced for it");
        foreach (var copy in _plan.Objects.Where(item => item.Type == ResourceType.Secrets).Select(item => new KubeObject(item.Json).As<V1Secret>()))
        {
            foreach (var pod in _pods.Where(pod => pod.Labels["app.kubernetes.io/component"] == "gateway"))
            {
                pod.Update(copy);
            }
        }

        static IEnumerable<string> Templates(Plan plan) =>
            plan.Objects.Where(item => item.Type == ResourceType.Deployments).Select(item => item.Json["spec"]!["template"]!.ToJsonString());
    }

    public void PrintLogs()
    {
        foreach (var pod in _pods)
        {
            TestContext.Out.WriteLine($"---- {pod.Name} ----{Environment.NewLine}{string.Join(Environment.NewLine, pod.Log)}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in _pods)
        {
            await pod.DisposeAsync();
        }

        await _redis.DisposeAsync();
        _folder.Dispose();
    }

    private Plan Render()
    {
        var plan = Planner.Create(
            _cluster,
            new Surroundings { FindSecret = _secrets.GetValueOrDefault, HasServiceMonitors = false, Now = DateTimeOffset.UtcNow },
            new OperatorDefaults("frontier:test", "frontlas:test"));
        Assert.That(plan.Problems.Where(problem => problem.Severity != ProblemSeverity.Warning), Is.Empty);
        return plan;
    }

    private V1Secret FindSecret(string name) =>
        _secrets.TryGetValue(name, out var users) ? users : Find<V1Secret>(ResourceType.Secrets, name);

    private T Find<T>(ResourceType type, string name) => new KubeObject(_plan.Objects.Single(item => item.Type == type && item.Key.Name == name).Json).As<T>();

    private string Resolve(string value) => _cluster.Spec.Frontlas!.Redis!.Addrs.Aggregate(
        value, (text, name) => text.Replace(name, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_redis.Port}"), StringComparison.Ordinal));
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Frontier.Gateway;
using Frontier.Operator.Tests.Support;
using Frontier.Silo;
using k8s.Models;

namespace Frontier.Operator.Tests.Pods;

/// <summary>
/// A pod as a process: command, arguments, environment and Secrets as its spec has them. It has a loopback address of its own, so "all addresses" is narrowed
/// to that one, as it is in a pod.
/// </summary>
internal sealed class PodProcess : IAsyncDisposable
{
    private readonly V1PodSpec _spec;
    private readonly V1Container _container;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly Dictionary<string, MountedSecret> _mounts = [];
    private readonly HttpClient _http = new();
    private readonly Process _process;
    private readonly Task _exited;

    /// <summary>Starts it.</summary>
    /// <param name="template">The Deployment's template.</param>
    /// <param name="name">The pod's name.</param>
    /// <param name="address">Its address.</param>
    /// <param name="directory">Where what it mounts is kept.</param>
    /// <param name="findSecret">Finds a Secret of the namespace; throws when there is none, and the pod could not start.</param>
    /// <param name="resolve">Puts addresses in the place of DNS names.</param>
    public PodProcess(V1PodTemplateSpec template, string name, IPAddress address, string directory, Func<string, V1Secret> findSecret, Func<string, string> resolve)
    {
        Name = name;
        Address = address;
        Labels = template.Metadata.Labels;
        _spec = template.Spec;
        _container = _spec.Containers.Single();
        foreach (var mount in _container.VolumeMounts)
        {
            var volume = _spec.Volumes.Single(volume => volume.Name == mount.Name);
            if (volume.Secret is { } secret)
            {
                _mounts.Add(mount.MountPath, new MountedSecret(Path.Combine(directory, name, volume.Name), findSecret(secret.SecretName)));
            }
        }

        // What the image starts, unless the spec names something else.
        var command = _container.Command ?? ["dotnet", typeof(FrontierHost).Assembly.Location];
        var start = new ProcessStartInfo(command[0], [.. command.Skip(1), .. (_container.Args ?? [])]) { RedirectStandardOutput = true, RedirectStandardError = true };
        // Nothing of ours but what it takes to find the runtime.
        foreach (var key in start.Environment.Keys.Where(key => key is not ("PATH" or "HOME") && !key.StartsWith("DOTNET_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(key);
        }

        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        foreach (var (key, value) in OwnAddress(address))
        {
            start.Environment[key] = value;
        }

        foreach (var variable in _container.Env)
        {
            start.Environment[variable.Name] = ValueOf(variable, findSecret, resolve);
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _exited = _process.WaitForExitAsync();
    }

    public string Name { get; }

    public IPAddress Address { get; }

    public IDictionary<string, string> Labels { get; }

    public IReadOnlyList<string> Log => [.. _log];

    public bool IsRunning => !_process.HasExited;

    /// <summary>What the startup, liveness and readiness probe find, in this order: null when nobody answers.</summary>
    public async Task<int?[]> ProbeAsync() =>
        [await ProbeAsync(_container.StartupProbe), await ProbeAsync(_container.LivenessProbe), await ProbeAsync(_container.ReadinessProbe)];

    /// <summary>Waits until all probes are content; ends at once when the process does.</summary>
    public async Task WaitUntilReadyAsync() => await Eventually.HoldsAsync(
        async () => !IsRunning || (await ProbeAsync()).All(status => status == 200) ? IsRunning ? true : throw new InvalidOperationException("it ended") : false,
        $"{Name} is ready");

    /// <summary>The port of a name, as Services and probes ask for it.</summary>
    public int PortOf(string nameOrNumber) =>
        int.TryParse(nameOrNumber, CultureInfo.InvariantCulture, out var number) ? number : _container.Ports.Single(port => port.Name == nameOrNumber).ContainerPort;

    /// <summary>Another content for a Secret it mounts.</summary>
    public void Update(V1Secret secret)
    {
        var volume = _spec.Volumes.Single(volume => volume.Secret?.SecretName == secret.Metadata.Name).Name;
        _mounts[_container.VolumeMounts.Single(mount => mount.Name == volume).MountPath].Write(secret);
    }

    /// <summary>As a kubelet ends a pod: preStop, SIGTERM, and SIGKILL when the grace period is over. Gives the exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var grace = new CancellationTokenSource(TimeSpan.FromSeconds(_spec.TerminationGracePeriodSeconds!.Value));
        await Task.Delay(TimeSpan.FromSeconds(_container.Lifecycle.PreStop.Sleep.Seconds), grace.Token);
        Assert.That(IsRunning, Is.True, "it serves during preStop");
        using (var kill = Process.Start("kill", ["-s", "TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync(CancellationToken.None);
        }

        try
        {
            await _exited.WaitAsync(grace.Token);
        }
        catch (OperationCanceledException)
        {
            throw new AssertionException($"{Name} would be killed at the end of its grace period.");
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            _process.Kill();
            await _exited;
        }

        _process.Dispose();
        _http.Dispose();
    }

    // Every address of the program that is "all" unless told otherwise.
    private static IEnumerable<(string Key, string Value)> OwnAddress(IPAddress address)
    {
        yield return ("cluster__listen_addr", address.ToString());
        yield return ("servicebound__listen__addr", Narrow(new ServiceboundOptions().Listen.Addr));
        yield return ("edgebound__listen__addr", Narrow(new EdgeboundOptions().Listen.Addr));
        yield return ("controlplane__listen__addr", Narrow(new ControlplaneOptions().Listen.Addr));
        yield return ("control_plane__listen__addr", Narrow(new FrontlasPortOptions().Listen.Addr));
        yield return ("frontier_plane__listen__addr", Narrow(new FrontierPlaneOptions().Listen.Addr));
        yield return ("observability__addr", Narrow(new ObservabilityOptions().Addr));

        string Narrow(string all) => all.Replace("0.0.0.0", address.ToString(), StringComparison.Ordinal);
    }

    private string ValueOf(V1EnvVar variable, Func<string, V1Secret> findSecret, Func<string, string> resolve)
    {
        if (variable.ValueFrom?.SecretKeyRef is { } reference)
        {
            return System.Text.Encoding.UTF8.GetString(findSecret(reference.Name).Data[reference.Key]);
        }

        if (variable.ValueFrom is { } source)
        {
            return source.FieldRef.FieldPath switch
            {
                "status.podIP" => Address.ToString(),
                "metadata.name" => Name,
                "spec.nodeName" => $"node-of-{Name}",
                var path => throw new NotSupportedException(path),
            };
        }

        return _mounts.Aggregate(resolve(variable.Value ?? ""), (value, mount) => value.Replace(mount.Key, mount.Value.Directory, StringComparison.Ordinal));
    }

    private async Task<int?> ProbeAsync(V1Probe probe)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(probe.TimeoutSeconds!.Value));
        try
        {
            using var response = await _http.GetAsync(new Uri($"http://{Address}:{PortOf(probe.HttpGet.Port.Value)}{probe.HttpGet.Path}"), timeout.Token);
            return (int)response.StatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _log.Enqueue(line);
        }
    }
}

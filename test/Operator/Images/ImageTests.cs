using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Frontier.Operator.Tests.Support;

namespace Frontier.Operator.Tests.Images;

/// <summary>The images, as far as they can be seen without a Docker engine and without Microsoft's registry.</summary>
internal sealed partial class ImageTests
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    [TestCase("Operator", "Frontier.Operator", "frontier-operator", "amd64", null)]
    [TestCase("Silo", "Frontier.Silo", "frontier", "amd64", "gateway")]
    [TestCase("Silo", "Frontier.Silo", "frontlas", "arm64", "silo")]
    public async Task An_image_is_made_without_a_Docker_engine(string project, string assembly, string image, string architecture, string? role)
    {
        await using var registry = await BaseImageRegistry.StartAsync();
        using var folder = new TemporaryFolder();
        var archive = folder.PathOf("image.tar");
        await PublishAsync(
            project,
            registry.Name,
            $"-p:ContainerArchiveOutputPath={archive}",
            $"-p:ContainerBaseImage={registry.Name}/dotnet/aspnet:10.0-noble-chiseled",
            $"-p:ContainerRuntimeIdentifier=linux-{(architecture == "amd64" ? "x64" : architecture)}",
            $"-p:FrontierImage={image}");

        var oci = new OciArchive(archive);
        Assert.That(oci.Layout["imageLayoutVersion"]!.GetValue<string>(), Is.EqualTo("1.0.0"));
        Assert.That(oci.Manifest["mediaType"]!.GetValue<string>(), Is.EqualTo("application/vnd.oci.image.manifest.v1+json"));
        var config = oci.Config;
        Assert.That(config["architecture"]!.GetValue<string>(), Is.EqualTo(architecture));
        var settings = config["config"]!;
        Assert.That(settings["User"]!.GetValue<string>(), Is.EqualTo("65532:65532"));
        Assert.That(settings["WorkingDir"]!.GetValue<string>(), Is.EqualTo("/app"));
        var command = (settings["Entrypoint"] as JsonArray ?? []).Concat(settings["Cmd"] as JsonArray ?? []).Select(word => word!.GetValue<string>());
        Assert.That(command, Is.EqualTo(new[] { "dotnet", $"/app/{assembly}.dll" }), "no shell");
        var environment = settings["Env"]!.AsArray().Select(item => item!.GetValue<string>()).ToList();
        Assert.That(environment, Does.Contain("DOTNET_EnableDiagnostics=0"));
        Assert.That(environment.Where(item => item.StartsWith("FRONTIER_ROLES", StringComparison.Ordinal)), Is.EqualTo(role is null ? [] : new[] { $"FRONTIER_ROLES={role}" }));

        var root = oci.Root();
        Assert.That(Encoding.UTF8.GetString(root["/etc/architecture"].Content), Is.EqualTo(architecture), "on top of the base image");
        Assert.That(root, Does.ContainKey($"/app/{assembly}.dll").And.ContainKey($"/app/{assembly}.runtimeconfig.json"));
        Assert.That(root.Where(file => file.Value.Mode.HasFlag(UnixFileMode.OtherWrite)).Select(file => file.Key), Is.Empty, "nothing that the process could change");
        Assert.That(root.Keys.Where(file => file.EndsWith(".pfx", StringComparison.Ordinal) || file.EndsWith(".key", StringComparison.Ordinal)), Is.Empty);
    }

    [TestCase("frontier.Dockerfile")]
    [TestCase("operator.Dockerfile")]
    public void A_Dockerfile_ends_in_a_chiselled_image_without_root_and_without_a_shell(string file)
    {
        var stages = Stages(Repository.Read("k8s", "docker", file));
        var runtime = stages.Single(stage => stage.From.Contains("aspnet", StringComparison.Ordinal));
        Assert.That(runtime.From, Does.StartWith("mcr.microsoft.com/dotnet/aspnet:").And.EndWith("-noble-chiseled"));
        Assert.That(runtime.Lines, Does.Contain("USER 65532:65532"));
        Assert.That(runtime.Lines.Single(line => line.StartsWith("ENTRYPOINT", StringComparison.Ordinal)), Does.StartWith("ENTRYPOINT [\"dotnet\", \"/app/Frontier."));
        foreach (var stage in stages.Where(stage => stage.Name != "build"))
        {
            Assert.That(stage.Lines.Where(line => line.StartsWith("RUN", StringComparison.Ordinal)), Is.Empty, "it has no shell to run anything with");
        }

        var build = stages.Single(stage => stage.Name == "build");
        Assert.That(build.From, Does.StartWith("--platform=$BUILDPLATFORM"), "compiled once for all architectures");
        foreach (var source in build.Lines.Where(line => line.StartsWith("COPY", StringComparison.Ordinal)).SelectMany(line => line.Split(' ')[1..^1]))
        {
            Assert.That(Path.Exists(Repository.PathOf(source)), Is.True, source);
        }
    }

    [Test]
    public void A_Dockerfile_copies_every_project_its_program_needs()
    {
        foreach (var (file, project) in new[] { ("frontier.Dockerfile", "Silo"), ("operator.Dockerfile", "Operator") })
        {
            var copied = Stages(Repository.Read("k8s", "docker", file)).Single(stage => stage.Name == "build").Lines
                .Where(line => line.StartsWith("COPY", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]);
            Assert.That(ProjectsOf(project), Is.SubsetOf(copied), file);
            var rules = Directory.GetFiles(Repository.Root, "Directory.*").Select(path => Path.GetFileName(path)!);
            Assert.That(rules, Is.SubsetOf(Stages(Repository.Read("k8s", "docker", file)).Single(stage => stage.Name == "build").Lines.SelectMany(line => line.Split(' '))), file);
        }
    }

    private static IEnumerable<string> ProjectsOf(string project)
    {
        var file = Directory.GetFiles(Repository.PathOf(project), "*.csproj").Single();
        return Reference().Matches(File.ReadAllText(file)).SelectMany(match => ProjectsOf(match.Groups["folder"].Value)).Append(project).Distinct();
    }

    private static List<(string From, string Name, List<string> Lines)> Stages(string dockerfile)
    {
        var stages = new List<(string From, string Name, List<string> Lines)>();
        foreach (var line in dockerfile.Split('\n').Select(line => line.Trim()))
        {
            if (Stage().Match(line) is { Success: true } match)
            {
                stages.Add((match.Groups["from"].Value, match.Groups["name"].Value, []));
            }
            else if (stages.Count > 0 && line.Length > 0 && line[0] != '#')
            {
                stages[^1].Lines.Add(line);
            }
        }

        return stages;
    }

    private static async Task PublishAsync(string project, string insecureRegistry, params string[] properties)
    {
        var start = new ProcessStartInfo("dotnet",
        [
            "publish", Directory.GetFiles(Repository.PathOf(project), "*.csproj").Single(), "-c", Configuration, "--no-build", "-nodeReuse:false", "-v", "quiet",
            "/t:PublishContainer", .. properties,
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_CONTAINER_INSECURE_REGISTRIES"] = insecureRegistry;
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        // The test host's own settings are not meant for the SDK.
        start.Environment.Remove("MSBuildSDKsPath");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, await output + await error);
    }

    [GeneratedRegex(@"^FROM (?<from>.+?) AS (?<name>\w+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Stage();

    [GeneratedRegex(@"ProjectReference Include=""\.\./(?<folder>\w+)/", RegexOptions.ExplicitCapture)]
    private static partial Regex Reference();
}

using System.Diagnostics;
using System.Globalization;
using k8s.Models;

namespace Frontier.Operator.Tests.Pods;

/// <summary>A Secret as a kubelet puts it into a pod: each key a link to <c>..data</c>, which is a link to a directory, and changing them all is changing that one link.</summary>
internal sealed class MountedSecret
{
    private int _version;
    private string? _content;

    public MountedSecret(string directory, V1Secret secret)
    {
        Directory = directory;
        System.IO.Directory.CreateDirectory(directory);
        Write(secret);
        foreach (var key in secret.Data.Keys)
        {
            File.CreateSymbolicLink(Path.Combine(directory, key), $"..data/{key}");
        }
    }

    public string Directory { get; }

    /// <summary>Puts another content in place.</summary>
    public void Write(V1Secret secret)
    {
        var link = Path.Combine(Directory, "..data");
        var before = _content;
        var name = string.Create(CultureInfo.InvariantCulture, $"..version_{++_version}");
        var content = Path.Combine(Directory, name);
        _content = content;
        System.IO.Directory.CreateDirectory(content);
        foreach (var (key, value) in secret.Data)
        {
            File.WriteAllBytes(Path.Combine(content, key), value);
        }

        // Renamed over the old link, so that there is always one. File.Move follows links, so it is not for this.
        var next = Path.Combine(Directory, "..data_tmp");
        File.CreateSymbolicLink(next, name);
        using (var move = Process.Start("mv", ["-T", next, link]))
        {
            move.WaitForExit();
            Assert.That(move.ExitCode, Is.Zero);
        }

        if (before is not null)
        {
            System.IO.Directory.Delete(before, recursive: true);
        }
    }
}

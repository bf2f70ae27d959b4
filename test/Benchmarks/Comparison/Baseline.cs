using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Frontier.Benchmarks;

/// <summary>The committed measurements, and how far a new one may be from them.</summary>
/// <param name="About">What the numbers mean, for whoever opens the file.</param>
/// <param name="Benchmarks">By name.</param>
internal sealed record Baseline(string About, SortedDictionary<string, BaselineEntry> Benchmarks)
{
    private const string Explanation =
        "ratio: the fastest iteration as a multiple of Calibration.CopyAndHash in the same run. allowedFactor: ratio may grow to so many times itself. "
        + "allocatedBytes: per operation, may not grow at all. nanoseconds: the mean where this was written, to give an idea; not compared.";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The file in the project's folder, found from where the program was built to.</summary>
    public static string DefaultFile
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Frontier.Benchmarks.csproj")))
                {
                    return Path.Combine(folder.FullName, "baseline.json");
                }
            }

            return Path.GetFullPath("baseline.json");
        }
    }

    /// <summary>Reads the file; an empty baseline when there is none.</summary>
    public static Baseline Read(string file) => File.Exists(file)
        ? JsonSerializer.Deserialize<Baseline>(File.ReadAllText(file), Json) ?? throw new JsonException("an empty file")
        : new Baseline(Explanation, []);

    /// <summary>Writes the file.</summary>
    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>With new measurements. Factors that somebody has set stay.</summary>
    /// <param name="measurements">What was measured.</param>
    /// <param name="names">All benchmarks that there are; others are dropped.</param>
    public Baseline With(IEnumerable<Measurement> measurements, IEnumerable<string> names)
    {
        var entries = new SortedDictionary<string, BaselineEntry>(Benchmarks, StringComparer.Ordinal);
        foreach (var measured in measurements)
        {
            entries[measured.Name] = new BaselineEntry(
                Math.Round(measured.Nanoseconds, 1),
                Math.Round(measured.Ratio, 4),
                entries.TryGetValue(measured.Name, out var old) ? old.AllowedFactor : BaselineEntry.DefaultFactor,
                measured.AllocatedBytes);
        }

        foreach (var gone in entries.Keys.Except(names).ToList())
        {
            entries.Remove(gone);
        }

        return new Baseline(Explanation, entries);
    }
}

/// <summary>One benchmark in the baseline.</summary>
/// <param name="Nanoseconds">The mean time of one operation where the file was written.</param>
/// <param name="Ratio">The time as a multiple of the calibration's.</param>
/// <param name="AllowedFactor">How many times <paramref name="Ratio"/> a new measurement may be.</param>
/// <param name="AllocatedBytes">The most an operation may allocate.</param>
internal sealed record BaselineEntry(double Nanoseconds, double Ratio, double AllowedFactor, long AllocatedBytes)
{
    /// <summary>What separates a regression from two runs of the same code on a busy machine.</summary>
    public const double DefaultFactor = 1.5;

    /// <summary>The largest ratio that is no regression.</summary>
    [JsonIgnore]
    public double AllowedRatio => Ratio * AllowedFactor;
}

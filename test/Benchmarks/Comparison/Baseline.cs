using System.Text.Encodings.Web;
using System.Text.Json;

namespace Frontier.Benchmarks;

/// <summary>The committed measurements, and how far a new one may be from them.</summary>
/// <param name="About">What the numbers mean, for whoever opens the file.</param>
/// <param name="Benchmarks">By name.</param>
internal sealed record Baseline(string About, SortedDictionary<string, BaselineEntry> Benchmarks)
{
    /// <summary>The factor of a new entry: what separates a regression from runs of the same code on a busy machine.</summary>
    public const double DefaultFactor = 1.3;

    private const string Explanation =
        "ratio: time of an operation as a multiple of the calibration's in the same run. allowedFactor: how many times that it may become; edit it where a "
        + "benchmark deserves another, it is kept. allowedBytes: what an operation may allocate. nanoseconds: where this was written; not compared.";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>The file in the project's folder, found from where the program was built to.</summary>
    public static string DefaultFile
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                foreach (var project in new[] { folder.FullName, Path.Combine(folder.FullName, "test", "Benchmarks") })
                {
                    if (File.Exists(Path.Combine(project, "Frontier.Benchmarks.csproj")))
                    {
                        return Path.Combine(project, "baseline.json");
                    }
                }
            }

            return Path.GetFullPath("baseline.json");
        }
    }

    /// <summary>Reads the file.</summary>
    public static Baseline Read(string file) =>
        JsonSerializer.Deserialize<Baseline>(File.ReadAllText(file), Json) ?? throw new JsonException($"{file} is empty");

    /// <summary>Reads the file; an empty baseline when there is none.</summary>
    public static Baseline ReadOrEmpty(string file) => File.Exists(file) ? Read(file) : new Baseline(Explanation, []);

    /// <summary>Writes the file.</summary>
    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>With new measurements. Factors that somebody has set stay.</summary>
    /// <param name="measurements">What was measured, by name.</param>
    /// <param name="names">All benchmarks that there are; others are dropped.</param>
    public Baseline With(IReadOnlyDictionary<string, Measurement> measurements, IReadOnlySet<string> names)
    {
        var entries = new SortedDictionary<string, BaselineEntry>(StringComparer.Ordinal);
        foreach (var (name, entry) in Benchmarks.Where(known => names.Contains(known.Key)))
        {
            entries[name] = entry;
        }

        foreach (var (name, measured) in measurements)
        {
            var factor = Benchmarks.GetValueOrDefault(name)?.AllowedFactor ?? DefaultFactor;
            entries[name] = new BaselineEntry(Math.Round(measured.Nanoseconds, 1), Math.Round(measured.Ratio, 6), factor, measured.AllocatedBytes);
        }

        return new Baseline(Explanation, entries);
    }
}

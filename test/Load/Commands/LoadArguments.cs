using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Frontier.Load;

/// <summary>The options of the command line, and what they mean.</summary>
internal sealed class LoadArguments
{
    private readonly Option<IPEndPoint[]> _edgeAddresses = Parsed<IPEndPoint[]>(
        "--edge-address", "HOST:PORT,…", "Where edges connect; to several gateways in turn", "127.0.0.1:30012", ParseEndPoints, "not HOST:PORT, or several of them between commas");

    private readonly Option<IPEndPoint[]> _serviceAddresses = Parsed<IPEndPoint[]>(
        "--service-address", "HOST:PORT,…", "Where services connect; to several gateways in turn", "127.0.0.1:30011", ParseEndPoints, "not HOST:PORT, or several of them between commas");

    private readonly Option<int> _edges = new("--edges", "-e") { Description = "Edges that take part; connect: edges to connect", HelpName = "N", DefaultValueFactory = _ => 16 };

    private readonly Option<int> _idleEdges = new("--idle-edges") { Description = "Edges that are connected beside them and do nothing", HelpName = "N" };

    private readonly Option<int> _services = new("--services", "-s") { Description = "Services; publish: 0 when the topics go to an external queue", HelpName = "N", DefaultValueFactory = _ => 1 };

    private readonly Option<int?> _concurrency = new("--concurrency", "-c")
    {
        Description = "Operations that may be unanswered at once (connect: connects; churn: edges). Default: 64; with --rate 10,000 (connect, churn: 1,000)",
        HelpName = "N",
    };

    private readonly Option<int?> _payload = Parsed<int?>(
        "--payload", "SIZE", "Bytes of payload of an operation: 128, 16KiB, 1MiB. Default: 128; stream-bandwidth: 16KiB", null, ParseBytes, "not a size such as 128, 16KiB or 1MiB");

    private readonly Option<BinaryEnds> _binary = Parsed<BinaryEnds>(
        "--binary", "ENDS", "Ends that use binary bodies: none (as Go ends), edges, services, both", "none", ParseEnds, "not none, edges, services or both");

    private readonly Option<TimeSpan> _duration = Parsed<TimeSpan>(
        "--duration", "TIME", "The measured time: 10s, 500ms, 2m; connect: how long the edges stay idle", "10s", Quantity.TryParseTime, "not a time such as 10s, 500ms or 2m");

    private readonly Option<TimeSpan> _warmUp = Parsed<TimeSpan>(
        "--warm-up", "TIME", "Load before the measured time; connect: time of connecting and leaving before it", "3s", Quantity.TryParseTime, "not a time such as 10s, 500ms or 2m");

    private readonly Option<TimeSpan> _timeout = Parsed<TimeSpan>(
        "--timeout", "TIME", "How long an operation may take", "30s", Quantity.TryParseTime, "not a time such as 10s, 500ms or 2m");

    private readonly Option<Rate?> _rate = Parsed<Rate?>(
        "--rate",
        "N|P%",
        "Open loop: operations per second, or per cent of the rate at which a closed loop saturates the gateway, which is then measured first. Latency counts from the intended time",
        null,
        ParseRate,
        "not a rate such as 5000 or 50%");

    private readonly Option<int[]> _serverPid = new("--server-pid")
    {
        Description = "The server's process, several if it has several: its CPU and memory are read from /proc",
        HelpName = "PID",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<Uri?> _metricsUrl = Parsed<Uri?>(
        "--metrics-url", "URL", "The server's metrics page (http://127.0.0.1:9091/metrics): bytes allocated per operation are read there", null, ParseUri, "not an http URL");

    private readonly Option<string?> _start = new("--start", "--server-command")
    {
        Description = "Start the server with this command line (no shell) and stop it at the end; where it listens is read from its start line, as Frontier writes it, or else given with --edge-address and --service-address",
        HelpName = "COMMAND",
    };

    private readonly Option<IPAddress[]> _sources = Parsed<IPAddress[]>(
        "--sources",
        "ADDRESSES",
        "Local addresses of edges, 127.0.0.2,127.0.1.1-127.0.1.9, bound with IP_BIND_ADDRESS_NO_PORT: each has about 28,000 ports. Default on loopback: as many as the edges need",
        null,
        SourceAddresses.TryParse,
        "not addresses such as 127.0.0.2 or 127.0.1.1-127.0.1.9");

    private readonly Option<int> _processes = new("--processes")
    {
        Description = "Worker processes that share the load. Default: as many as the connections need, given what descriptors a process may hold",
        HelpName = "N",
    };

    private readonly Option<int> _threads = new("--threads") { Description = "Threads of each process", HelpName = "N", DefaultValueFactory = _ => 1 };

    private readonly Option<bool> _baseline = new("--baseline")
    {
        Description = "First send the same traffic through a bare TCP relay in a process of its own, and print the gateway's figures as multiples of the relay's",
    };

    private readonly Option<int> _rounds = new("--rounds")
    {
        Description = "Measure so many times, relay and gateway in turn, and keep the round that other processes of the machine disturbed least",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print the result as JSON" };

    private delegate bool TryParse<T>(string text, out T value);

    /// <summary>The options of a mode.</summary>
    public IEnumerable<Option> ForMode() =>
    [
        _edgeAddresses, _serviceAddresses, _edges, _idleEdges, _services, _concurrency, _payload, _binary, _duration, _warmUp, _rate, _timeout, _serverPid,
        _metricsUrl, _start, _sources, _processes, _threads, _baseline, _rounds, _json,
    ];

    /// <summary>The options of the report.</summary>
    public IEnumerable<Option> ForReport() =>
        [_edgeAddresses, _serviceAddresses, _edges, _services, _payload, _binary, _duration, _warmUp, _timeout, _start, _sources, _threads, _rounds, _json];

    /// <summary>What they say.</summary>
    public LoadOptions Read(ParseResult parsed, LoadMode mode) => new()
    {
        Mode = mode,
        EdgeAddresses = parsed.GetValue(_edgeAddresses)!,
        ServiceAddresses = parsed.GetValue(_serviceAddresses)!,
        Edges = parsed.GetValue(_edges),
        IdleEdges = parsed.GetValue(_idleEdges),
        Services = parsed.GetValue(_services),
        Concurrency = parsed.GetValue(_concurrency),
        PayloadBytes = parsed.GetValue(_payload) ?? (mode == LoadMode.StreamBandwidth ? 16 * 1024 : 128),
        Binary = parsed.GetValue(_binary),
        Duration = parsed.GetValue(_duration),
        WarmUp = parsed.GetValue(_warmUp),
        Timeout = parsed.GetValue(_timeout),
        Rate = parsed.GetValue(_rate),
        ServerPids = parsed.GetValue(_serverPid) ?? [],
        MetricsUrl = parsed.GetValue(_metricsUrl),
        Start = parsed.GetValue(_start),
        Sources = parsed.GetValue(_sources) ?? [],
        Processes = parsed.GetValue(_processes),
        Threads = parsed.GetValue(_threads),
        Baseline = parsed.GetValue(_baseline),
        Rounds = parsed.GetValue(_rounds),
        Json = parsed.GetValue(_json),
    };

    /// <summary>Reads one or more <c>HOST:PORT</c>, with commas between them.</summary>
    public static bool ParseEndPoints(string text, out IPEndPoint[] endpoints)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        endpoints = new IPEndPoint[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!ParseEndPoint(parts[i], out endpoints[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads <c>HOST:PORT</c>; a name is resolved.</summary>
    public static bool ParseEndPoint(string text, out IPEndPoint endpoint)
    {
        endpoint = new IPEndPoint(IPAddress.None, 0);
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        if (IPEndPoint.TryParse(text, out var address))
        {
            endpoint = address;
            return true;
        }

        try
        {
            var addresses = Dns.GetHostAddresses(text[..colon]);
            var first = addresses.FirstOrDefault(candidate => candidate.AddressFamily == AddressFamily.InterNetwork) ?? addresses.FirstOrDefault();
            endpoint = new IPEndPoint(first ?? IPAddress.None, port);
            return first is not null;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Option<T> Parsed<T>(string name, string helpName, string description, string? defaultText, TryParse<T> parse, string problem)
    {
        var option = new Option<T>(name)
        {
            HelpName = helpName,
            Description = description,
            CustomParser = result => Read(result, result.Tokens[0].Value)!,
        };
        if (defaultText is not null)
        {
            option.DefaultValueFactory = result => Read(result, defaultText)!;
        }

        return option;

        T? Read(ArgumentResult result, string text)
        {
            if (parse(text, out var value))
            {
                return value;
            }

            result.AddError($"{name}: \"{text}\" is {problem}");
            return default;
        }
    }

    private static bool ParseBytes(string text, out int? bytes)
    {
        var isSize = Quantity.TryParseBytes(text, out var value);
        bytes = value;
        return isSize;
    }

    private static bool ParseEnds(string text, out BinaryEnds ends) => Enum.TryParse(text, ignoreCase: true, out ends) && Enum.IsDefined(ends);

    private static bool ParseRate(string text, out Rate? rate)
    {
        var isRate = Rate.TryParse(text, out var value);
        rate = value;
        return isRate;
    }

    private static bool ParseUri(string text, out Uri? uri) =>
        Uri.TryCreate(text, UriKind.Absolute, out uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);
}

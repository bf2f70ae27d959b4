using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text;
using Frontier;
using Frontier.Client;
using Frontier.Samples.DeviceConsole;
using Spectre.Console;

var serviceGateway = new Option<string>("--gateway") { Description = "Where the gateway listens for services.", DefaultValueFactory = _ => $"127.0.0.1:{FrontierServiceOptions.DefaultPort}" };
var control = new Option<string>("--control") { Description = "The gateway's control plane.", DefaultValueFactory = _ => "http://127.0.0.1:30010" };
var script = new Option<string[]>("--script") { Description = "Carry out these commands instead of reading the terminal.", AllowMultipleArgumentsPerToken = true };
var shell = new Command("shell", "Lists edges, calls them, sends them messages and streams, and watches them come and go.") { serviceGateway, control, script };
shell.SetAction((arguments, cancellationToken) => RunAsync(async () =>
{
    var options = new FrontierServiceOptions { EndPoint = Address.Parse(arguments.GetRequiredValue(serviceGateway)), Name = "console" };
    await using var service = await FrontierService.ConnectAsync(options, cancellationToken);
    using var http = new HttpClient { BaseAddress = new Uri(arguments.GetRequiredValue(control)) };
    var commands = arguments.GetValue(script) is { Length: > 0 } scripted ? scripted.ToAsyncEnumerable() : ReadLinesAsync(cancellationToken);
    await new DeviceShell(service, new EdgeList(http), AnsiConsole.Console).RunAsync(commands, cancellationToken);
}));

var edgeGateway = new Option<string>("--gateway") { Description = "Where the gateway listens for edges.", DefaultValueFactory = _ => $"127.0.0.1:{FrontierEdgeOptions.DefaultPort}" };
var id = new Option<ulong>("--id") { Description = "The edge id to ask for." };
var meta = new Option<string>("--meta") { Description = "What the console shows of this device.", DefaultValueFactory = _ => Environment.MachineName };
var device = new Command("device", "An edge to try the console with.") { edgeGateway, id, meta };
device.SetAction((arguments, cancellationToken) => RunAsync(async () =>
{
    var options = new FrontierEdgeOptions
    {
        EndPoint = Address.Parse(arguments.GetRequiredValue(edgeGateway)),
        Id = arguments.GetValue(id),
        Meta = Encoding.UTF8.GetBytes(arguments.GetRequiredValue(meta)),
    };
    await using var edge = await FrontierEdge.ConnectAsync(options, cancellationToken);
    await new Device(edge, Console.Out).RunAsync(cancellationToken);
}));

return await new RootCommand("An operator's console for edges.") { shell, device }.Parse(args).InvokeAsync();

static async Task<int> RunAsync(Func<Task> run)
{
    try
    {
        await run();
        return 0;
    }
    catch (OperationCanceledException)
    {
        return 0; // Ctrl+C.
    }
    catch (Exception e) when (e is FrontierException or FormatException)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }
}

static async IAsyncEnumerable<string> ReadLinesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
{
    // Reading a terminal cannot be interrupted, so it has a thread of its own that nobody waits for.
    while (await Task.Run(Console.In.ReadLine, cancellationToken).WaitAsync(cancellationToken) is { } line)
    {
        yield return line;
    }
}

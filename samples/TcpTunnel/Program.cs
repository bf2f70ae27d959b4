using System.CommandLine;
using System.Net;
using Frontier;
using Frontier.Client;
using Frontier.Samples.TcpTunnel;

var edgeGateway = new Option<string>("--gateway") { Description = "Where the gateway listens for edges.", DefaultValueFactory = _ => $"127.0.0.1:{FrontierEdgeOptions.DefaultPort}" };
var target = new Option<string>("--target") { Description = "The TCP service to expose, HOST:PORT.", Required = true };
var id = new Option<ulong>("--id") { Description = "The edge id to ask for.", DefaultValueFactory = _ => 1 };
var agent = new Command("agent", "Runs next to the TCP service and exposes it as an edge.") { edgeGateway, target, id };
agent.SetAction((arguments, cancellationToken) => RunAsync(async () =>
{
    var options = new FrontierEdgeOptions { EndPoint = Address.Parse(arguments.GetRequiredValue(edgeGateway)), Id = arguments.GetValue(id) };
    await using var edge = await FrontierEdge.ConnectAsync(options, cancellationToken);
    await new Agent(edge, Address.Parse(arguments.GetRequiredValue(target)), Console.Out).RunAsync(cancellationToken);
}));

var serviceGateway = new Option<string>("--gateway") { Description = "Where the gateway listens for services.", DefaultValueFactory = _ => $"127.0.0.1:{FrontierServiceOptions.DefaultPort}" };
var listen = new Option<string>("--listen") { Description = "Where to listen for TCP connections, ADDRESS:PORT.", DefaultValueFactory = _ => "127.0.0.1:8080" };
var edgeId = new Option<ulong>("--edge") { Description = "The edge id of the agent.", DefaultValueFactory = _ => 1 };
var entry = new Command("entry", "Listens for TCP connections and leads each through a stream to the agent.") { serviceGateway, listen, edgeId };
entry.SetAction((arguments, cancellationToken) => RunAsync(async () =>
{
    var options = new FrontierServiceOptions { EndPoint = Address.Parse(arguments.GetRequiredValue(serviceGateway)), Name = "tunnel" };
    await using var service = await FrontierService.ConnectAsync(options, cancellationToken);
    await new Entry(service, arguments.GetValue(edgeId), IPEndPoint.Parse(arguments.GetRequiredValue(listen)), Console.Out).RunAsync(cancellationToken);
}));

return await new RootCommand("Reaches a TCP service behind NAT: an edge next to it, a service that listens for it.") { agent, entry }.Parse(args).InvokeAsync();

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

using System.CommandLine;
using System.Runtime.CompilerServices;
using Frontier;
using Frontier.Client;
using Frontier.Samples.Chatroom;

var serviceGateway = new Option<string>("--gateway")
{
    Description = "Where the gateway listens for services.",
    DefaultValueFactory = _ => $"127.0.0.1:{FrontierServiceOptions.DefaultPort}",
};
var service = new Command("service", "Opens the room.") { serviceGateway };
service.SetAction((arguments, cancellationToken) => RunAsync(async () =>
{
    var options = new FrontierServiceOptions { Name = Chat.ServiceName };
    await using var connection = await FrontierService.ConnectAsync(arguments.GetRequiredValue(serviceGateway), options, cancellationToken);
    await new Room(connection, Console.Out).RunAsync(cancellationToken);
}));

var edgeGateway = new Option<string>("--gateway")
{
    Description = "Where the gateway listens for edges.",
    DefaultValueFactory = _ => $"127.0.0.1:{FrontierEdgeOptions.DefaultPort}",
};
var name = new Option<string>("--name") { Description = "Your name in the room.", Required = true };
var script = new Option<string[]>("--script") { Description = "Say these lines instead of reading the terminal.", AllowMultipleArgumentsPerToken = true };
var company = new Option<int>("--wait-for") { Description = "Speak when so many members are in the room, yourself included.", DefaultValueFactory = _ => 1 };
var leaveAfter = new Option<int>("--leave-after") { Description = "Leave when you have heard so many lines, your own included, and said all of yours." };
var client = new Command("client", "Joins the room: says the lines you type, prints what others say.") { edgeGateway, name, script, company, leaveAfter };
client.SetAction((arguments, cancellationToken) => RunAsync(async () =>
{
    var options = new FrontierEdgeOptions { Meta = Chat.Bytes(arguments.GetRequiredValue(name)) };
    await using var edge = await FrontierEdge.ConnectAsync(arguments.GetRequiredValue(edgeGateway), options, cancellationToken);
    var lines = arguments.GetValue(script) is { Length: > 0 } scripted ? scripted.ToAsyncEnumerable() : ReadLinesAsync(cancellationToken);
    using var guest = new Guest(edge, arguments.GetRequiredValue(name), Console.Out);
    await guest.RunAsync(lines, arguments.GetValue(company), arguments.GetValue(leaveAfter), cancellationToken);
}));

return await new RootCommand("A chat room over Frontier: one service, any number of edges.") { service, client }.Parse(args).InvokeAsync();

static async Task<int> RunAsync(Func<Task> run)
{
    try
    {
        await run();
        return 0;
    }
    catch (OperationCanceledException)
    {
        return 0; // Ctrl+C is how one leaves.
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

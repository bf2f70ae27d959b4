using System.CommandLine;
using System.Net;

namespace Frontier.Load;

/// <summary><c>frontier-load relay</c>: the bare relay as a program.</summary>
internal static class RelayCommand
{
    public static Command Create()
    {
        var listen = new Option<string>("--listen") { Description = "Where to accept; port 0 for a free one", HelpName = "HOST:PORT", DefaultValueFactory = _ => "127.0.0.1:0" };
        var target = new Option<string>("--target") { Description = "Where to connect for each connection", HelpName = "HOST:PORT", Required = true };
        var attached = new Option<bool>("--attached") { Description = "End when the input ends", Hidden = true };
        var command = new Command("relay", "Runs the bare TCP relay that --baseline compares with: accepts, connects, copies both ways") { listen, target, attached };
        command.SetAction((parsed, _) => LoadCommand.GuardAsync(async (_, interrupt) =>
        {
            await using var relay = await BareRelay.StartAsync(Read(listen.Name, parsed.GetValue(listen)!), Read(target.Name, parsed.GetValue(target)!));
            Console.WriteLine($"{RelayProcess.Greeting}{relay.EndPoint}");
            if (parsed.GetValue(attached))
            {
                await Task.WhenAny(Console.In.ReadToEndAsync(CancellationToken.None));
            }
            else
            {
                await Task.WhenAny(Task.Delay(Timeout.Infinite, interrupt));
            }

            return 0;
        }));
        return command;
    }

    private static IPEndPoint Read(string name, string text) =>
        LoadArguments.ParseEndPoint(text, out var endpoint) ? endpoint : throw new LoadException($"{name}: \"{text}\" is not HOST:PORT");
}

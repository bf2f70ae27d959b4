using System.CommandLine;

namespace Frontier.Load;

/// <summary><c>frontier-load worker</c>: what the tool starts when one process cannot hold all connections.</summary>
internal static class WorkerCommand
{
    public static Command Create()
    {
        var command = new Command("worker", "Carries a share of a load; started by the tool itself") { Hidden = true };
        command.SetAction((_, _) => WorkerServer.RunAsync(Console.In, Console.Out));
        return command;
    }
}

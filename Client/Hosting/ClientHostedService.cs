using Microsoft.Extensions.Hosting;

namespace Frontier.Client;

/// <summary>Connects a client when the host starts and closes it when the host stops.</summary>
/// <param name="start">Starts the client.</param>
/// <param name="waits">Whether the host's start waits for the connection, and fails with it.</param>
/// <param name="close">Closes the client.</param>
internal sealed class ClientHostedService(Func<CancellationToken, Task> start, bool waits, Func<CancellationToken, Task> close) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (waits)
        {
            return start(cancellationToken);
        }

        _ = start(CancellationToken.None).ContinueWith(static task => task.Exception, TaskScheduler.Default); // The client logs what happens to it.
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => close(cancellationToken);
}

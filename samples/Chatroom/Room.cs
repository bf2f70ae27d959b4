using Frontier.Client;

namespace Frontier.Samples.Chatroom;

/// <summary>
/// The service: keeps who is in the room and tells every member what happens. Members are edges; the gateway says when one comes or goes.
/// </summary>
/// <param name="service">The connection to the gateway.</param>
/// <param name="output">Where to print what happens.</param>
internal sealed class Room(FrontierService service, TextWriter output)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Member> _members = [];

    /// <summary>Serves until the connection ends or the token is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await service.OnEdgeOnlineAsync(OnOnline, cancellationToken);
        await service.OnEdgeOfflineAsync(OnOffline, cancellationToken);
        await service.RegisterAsync(Chat.Join, OnJoin, cancellationToken);
        await service.RegisterAsync(Chat.Say, OnSay, cancellationToken);
        output.WriteLine($"The room is open (service {service.Name}).");
        try
        {
            var reason = await service.Completion.WaitAsync(cancellationToken);
            output.WriteLine($"The connection ended: {reason}.");
        }
        catch (OperationCanceledException)
        {
            output.WriteLine("The room closes.");
        }
    }

    private ValueTask OnOnline(EdgePresence edge, CancellationToken cancellationToken)
    {
        output.WriteLine($"edge {edge.EdgeId} is online from {edge.Address}");
        lock (_gate)
        {
            _members.Remove(edge.EdgeId, out var before);
            _members[edge.EdgeId] = new Member(null, edge.Epoch);
            if (before?.Name is { } name)
            {
                Tell(Chat.Left, name); // It came back before its old session's end was noticed.
            }
        }

        return default;
    }

    private ValueTask OnOffline(EdgePresence edge, CancellationToken cancellationToken)
    {
        output.WriteLine($"edge {edge.EdgeId} is offline");
        lock (_gate)
        {
            // An edge that came back quickly is online already when its old session's end is reported; the epoch tells the two apart.
            if (_members.TryGetValue(edge.EdgeId, out var member) && edge.Epoch >= member.Epoch)
            {
                _members.Remove(edge.EdgeId);
                if (member.Name is not null)
                {
                    Tell(Chat.Left, member.Name);
                }
            }
        }

        return default;
    }

    private ValueTask<CallResponse> OnJoin(FrontierRequest request, CancellationToken cancellationToken)
    {
        var name = Chat.Text(request.Payload).Trim();
        lock (_gate)
        {
            if (name.Length == 0 || _members.Values.Any(m => m.Name == name))
            {
                throw new FrontierException(FrontierErrorCode.Refused, $"the name \"{name}\" is taken");
            }

            Tell(Chat.Joined, name);
            _members[request.EdgeId] = new Member(name, _members.GetValueOrDefault(request.EdgeId)?.Epoch ?? 0);
            return new(Chat.Bytes(string.Join('\n', _members.Values.Select(m => m.Name).OfType<string>())));
        }
    }

    private ValueTask<CallResponse> OnSay(FrontierRequest request, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_members.GetValueOrDefault(request.EdgeId)?.Name is not { } name)
            {
                throw new FrontierException(FrontierErrorCode.Refused, "join first");
            }

            Tell(Chat.Line, $"{name}: {Chat.Text(request.Payload)}");
        }

        return default;
    }

    // Under the lock, so that all members hear everything in the same order: a message is on its way when its PublishAsync returns.
    private void Tell(string topic, string text)
    {
        output.WriteLine(topic == Chat.Line ? text : $"{text} has {topic}");
        foreach (var (edgeId, member) in _members)
        {
            if (member.Name is not null)
            {
                _ = TellAsync(edgeId, member.Name, topic, Chat.Bytes(text));
            }
        }
    }

    private async Task TellAsync(ulong edgeId, string name, string topic, byte[] text)
    {
        try
        {
            await service.PublishAsync(edgeId, topic, text);
        }
        catch (FrontierException e)
        {
            output.WriteLine($"{name} did not hear it: {e.Message}");
        }
    }

    private sealed record Member(string? Name, long Epoch);
}

namespace Frontier.Queues;

/// <summary>
/// NATS without JetStream. The server confirms nothing by itself, but it answers PING after it has worked through everything before: PONG confirms what
/// was written before the PING.
/// </summary>
internal sealed class NatsCoreConnection(Stream stream, NatsInfo info, TimeSpan patience) : NatsConnection(stream, info, patience)
{
    private readonly Lock _gate = new();
    private readonly Queue<Outgoing> _unconfirmed = [];
    // How many messages each PING that is not answered confirms.
    private readonly Queue<int> _pings = [];
    private int _written;

    /// <inheritdoc/>
    public override void Check()
    {
        lock (_gate)
        {
            if (_unconfirmed.TryPeek(out var oldest) && oldest.Age > Patience)
            {
                throw new TimeoutException("the NATS server does not answer");
            }
        }
    }

    /// <inheritdoc/>
    public override void FailAll(FrontierException error)
    {
        while (true)
        {
            Outgoing outgoing;
            lock (_gate)
            {
                if (!_unconfirmed.TryDequeue(out outgoing!))
                {
                    return;
                }
            }

            outgoing.Fail(error);
        }
    }

    /// <inheritdoc/>
    protected override string Expect(Outgoing outgoing)
    {
        lock (_gate)
        {
            _unconfirmed.Enqueue(outgoing);
            _written++;
        }

        return "";
    }

    /// <inheritdoc/>
    protected override void OnWritten()
    {
        lock (_gate)
        {
            _pings.Enqueue(_written);
            _written = 0;
        }

        Append("PING\r\n");
    }

    /// <inheritdoc/>
    protected override void OnPong()
    {
        int count;
        lock (_gate)
        {
            if (!_pings.TryDequeue(out count))
            {
                return;
            }
        }

        for (; count > 0; count--)
        {
            Outgoing outgoing;
            lock (_gate)
            {
                if (!_unconfirmed.TryDequeue(out outgoing!))
                {
                    return;
                }
            }

            outgoing.Confirm();
        }
    }

    // It comes before the PONG that would confirm them.
    /// <inheritdoc/>
    protected override void OnNotPermitted(string subject, string error)
    {
        Outgoing[] refused;
        lock (_gate)
        {
            refused = [.. _unconfirmed.Where(outgoing => outgoing.Message.Topic == subject)];
        }

        foreach (var outgoing in refused)
        {
            outgoing.Fail(new FrontierException(FrontierErrorCode.Refused, error)); // Its place is still counted: the PONG takes it out.
        }
    }
}

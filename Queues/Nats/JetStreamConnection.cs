using System.Globalization;
using System.Text.Json;

namespace Frontier.Queues;

/// <summary>NATS with JetStream: each message is a request, and the stream that has stored it answers to an inbox of this connection.</summary>
internal sealed class JetStreamConnection(Stream stream, NatsInfo info, TimeSpan patience) : NatsConnection(stream, info, patience)
{
    private const int StreamNotFound = 404;

    private readonly Lock _gate = new();
    private readonly string _inbox = $"_INBOX.{Guid.NewGuid():N}.";
    private readonly Dictionary<long, Outgoing> _unconfirmed = [];
    private readonly Queue<long> _order = [];
    private readonly TaskCompletionSource<JetStreamAnswer>?[] _setup = new TaskCompletionSource<JetStreamAnswer>?[2];
    private long _next = 1;

    /// <summary>Subscribes to the inbox, and makes the stream when it is not there. Right after the login.</summary>
    /// <exception cref="IOException">JetStream says no.</exception>
    public async Task PrepareAsync(string name, IReadOnlyList<string> subjects, CancellationToken cancellationToken)
    {
        if (!Info.JetStream)
        {
            throw new IOException("the NATS server has no JetStream");
        }

        Append($"SUB {_inbox}* 1\r\n");
        await FlushAsync(cancellationToken);
        if (name.Length == 0)
        {
            return;
        }

        var found = await AskAsync(0, $"$JS.API.STREAM.INFO.{name}", "", cancellationToken);
        if (found.Error is { Code: StreamNotFound })
        {
            var config = new JetStreamConfig { Name = name, Subjects = subjects };
            found = await AskAsync(1, $"$JS.API.STREAM.CREATE.{name}", JsonSerializer.Serialize(config, NatsJson.Default.JetStreamConfig), cancellationToken);
        }

        if (found.Error is { } error)
        {
            throw new IOException($"stream {name}: {error.Description}");
        }
    }

    /// <inheritdoc/>
    public override void Check()
    {
        var isAnyLate = false;
        while (true)
        {
            Outgoing? late;
            lock (_gate)
            {
                if (!_order.TryPeek(out var oldest))
                {
                    break;
                }

                if (!_unconfirmed.TryGetValue(oldest, out late))
                {
                    _order.Dequeue();
                    continue;
                }

                if (late.Age <= Patience)
                {
                    break;
                }

                _unconfirmed.Remove(oldest);
            }

            isAnyLate = true;
            late.Fail(new FrontierException(FrontierErrorCode.Timeout));
        }

        if (isAnyLate)
        {
            throw new TimeoutException("JetStream does not answer"); // Another server may.
        }
    }

    /// <inheritdoc/>
    public override void FailAll(FrontierException error)
    {
        Outgoing[] all;
        lock (_gate)
        {
            all = [.. _unconfirmed.Values];
            _unconfirmed.Clear();
            _order.Clear();
        }

        foreach (var outgoing in all)
        {
            outgoing.Fail(error);
        }
    }

    /// <inheritdoc/>
    protected override string Expect(Outgoing outgoing)
    {
        lock (_gate)
        {
            var number = _next++;
            _unconfirmed.Add(number, outgoing);
            _order.Enqueue(number);
            // What was answered in order goes at once; Check takes out the rest.
            while (_order.TryPeek(out var oldest) && !_unconfirmed.ContainsKey(oldest))
            {
                _order.Dequeue();
            }

            return string.Create(CultureInfo.InvariantCulture, $"{_inbox}{number}");
        }
    }

    /// <inheritdoc/>
    protected override void OnMessage(string subject, NatsReader.Operation message)
    {
        var tail = subject.StartsWith(_inbox, StringComparison.Ordinal) ? subject.AsSpan(_inbox.Length) : default;
        if (tail is ['s', var which])
        {
            _setup[which - '0']?.TrySetResult(Read(message));
            return;
        }

        Outgoing? outgoing;
        lock (_gate)
        {
            if (!long.TryParse(tail, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || !_unconfirmed.Remove(number, out outgoing))
            {
                return;
            }
        }

        var answer = Read(message);
        if (answer.Error is { } error)
        {
            outgoing.Fail(new FrontierException(FrontierErrorCode.Refused, error.Description));
        }
        else
        {
            outgoing.Confirm();
        }
    }

    /// <inheritdoc/>
    protected override void OnNotPermitted(string subject, string error)
    {
        Outgoing[] refused;
        lock (_gate)
        {
            var numbers = _unconfirmed.Where(pair => pair.Value.Message.Topic == subject).Select(pair => pair.Key).ToArray();
            refused = [.. numbers.Select(number => _unconfirmed[number])];
            foreach (var number in numbers)
            {
                _unconfirmed.Remove(number);
            }
        }

        foreach (var outgoing in refused)
        {
            outgoing.Fail(new FrontierException(FrontierErrorCode.Refused, error));
        }
    }

    private static JetStreamAnswer Read(NatsReader.Operation message)
    {
        if (message.Header.StartsWith("NATS/1.0 503", StringComparison.Ordinal))
        {
            return new JetStreamAnswer { Error = new JetStreamError { Code = 503, Description = "no stream takes the subject" } };
        }

        try
        {
            return JsonSerializer.Deserialize(message.Payload, NatsJson.Default.JetStreamAnswer)
                ?? new JetStreamAnswer { Error = new JetStreamError { Description = "JetStream answered nothing" } };
        }
        catch (JsonException)
        {
            return new JetStreamAnswer { Error = new JetStreamError { Description = "JetStream's answer is no JSON" } };
        }
    }

    private async Task<JetStreamAnswer> AskAsync(int which, string subject, string body, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<JetStreamAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _setup[which] = answer;
        Append(string.Create(CultureInfo.InvariantCulture, $"PUB {subject} {_inbox}s{which} {System.Text.Encoding.UTF8.GetByteCount(body)}\r\n{body}\r\n"));
        await FlushAsync(cancellationToken);
        var first = await Task.WhenAny(answer.Task, Lost).WaitAsync(cancellationToken);
        await first;
        return await answer.Task;
    }
}

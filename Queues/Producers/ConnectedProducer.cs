using Microsoft.Extensions.Logging;

namespace Frontier.Queues;

/// <summary>
/// A producer over one connection that it makes anew whenever it is lost. Messages that come meanwhile wait, in order; those that were sent and not
/// confirmed fail, because nobody can say whether the server has them.
/// </summary>
internal abstract class ConnectedProducer(QueueRoute route, QueueLimits limits, QueueMetrics metrics, ILogger logger)
    : QueueProducer(route, limits, metrics, logger)
{
    // Enough for full packets, few enough that the first is not held up by the writing of the last.
    private const int MaxBatch = 256;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<Outgoing> _waiting = [];
    private readonly AutoResetSignal _arrived = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Outgoing> _batch = new(MaxBatch);
    private Task _running = Task.CompletedTask;
    private bool _isStopped;

    /// <inheritdoc/>
    public override void Start() => _running = Task.Run(RunAsync);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    /// <summary>Connects and logs in.</summary>
    protected abstract Task<IQueueConnection> ConnectAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected override void Enqueue(Outgoing outgoing)
    {
        lock (_gate)
        {
            if (!_isStopped)
            {
                _waiting.Enqueue(outgoing);
                outgoing = null!;
            }
        }

        outgoing?.Fail(Unavailable("the process is stopping"));
        _arrived.Set();
    }

    private async Task RunAsync()
    {
        var pause = FirstPause;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await using var connection = await ConnectInTimeAsync();
                SetUp();
                pause = FirstPause;
                await SendAsync(connection);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // Whatever it is, the next try comes; the state and the log say what it was.
            catch (Exception e)
#pragma warning restore CA1031
            {
                SetDown(e.GetBaseException().Message);
            }

            ExpireLate();
            await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        lock (_gate)
        {
            _isStopped = true;
        }

        while (TryTake(out var left))
        {
            left.Fail(Unavailable("the process is stopping"));
        }
    }

    private async Task<IQueueConnection> ConnectInTimeAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        patience.CancelAfter(QueueLimits.ConnectTimeout);
        try
        {
            return await ConnectAsync(patience.Token);
        }
        catch (OperationCanceledException e) when (!_stopping.IsCancellationRequested)
        {
            throw new TimeoutException("no answer while connecting", e);
        }
    }

    private async Task SendAsync(IQueueConnection connection)
    {
        _ = connection.Lost.ContinueWith(_ => _arrived.Set(), TaskScheduler.Default);
        try
        {
            while (true)
            {
                if (connection.Lost.IsCompleted)
                {
                    await connection.Lost;
                    throw new IOException("the server closed the connection");
                }

                if (!TakeBatch())
                {
                    await _arrived.WaitAsync(CheckInterval, _stopping.Token);
                    connection.Check();
                    continue;
                }

                // A server that takes nothing for so long has kept everybody waiting beyond their deadlines.
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                patience.CancelAfter(Limits.ProduceTimeout);
                await connection.WriteAsync(_batch, patience.Token);
                _batch.Clear();
            }
        }
        catch (Exception e)
        {
            var error = Unavailable(e.GetBaseException().Message);
            connection.FailAll(error);
            _batch.ForEach(outgoing => outgoing.Fail(error)); // Those that were written have been failed already; perhaps some never were.
            _batch.Clear();
            throw;
        }
    }

    private bool TakeBatch()
    {
        while (_batch.Count < MaxBatch && TryTake(out var outgoing))
        {
            if (outgoing.IsLate)
            {
                outgoing.Expire();
            }
            else
            {
                _batch.Add(outgoing);
            }
        }

        return _batch.Count > 0;
    }

    private bool TryTake(out Outgoing outgoing)
    {
        lock (_gate)
        {
            return _waiting.TryDequeue(out outgoing!);
        }
    }

    // While there is no connection, those whose deadline has passed make room for others.
    private void ExpireLate()
    {
        while (true)
        {
            Outgoing late;
            lock (_gate)
            {
                if (!_waiting.TryPeek(out late!) || !late.IsLate)
                {
                    return;
                }

                _waiting.Dequeue();
            }

            late.Expire();
        }
    }
}

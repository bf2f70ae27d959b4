using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Frontier.Queues;

/// <summary>
/// Commands to Redis, pipelined on one connection in the order in which they are given; the reply is the confirmation. The library reconnects by itself
/// and keeps commands meanwhile.
/// </summary>
internal abstract class RedisProducer : QueueProducer
{
    // States of a server, not verdicts on a message.
    private static readonly string[] PassingStates = ["READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN"];

    private readonly ConfigurationOptions _options;
    private readonly Lock _gate = new();
    // What came before the first connection attempt was over.
    private Queue<Outgoing>? _early = [];
    private IDatabase? _database;
    private ConnectionMultiplexer? _connection;
    private RedisFailover? _failover;
    private Task _starting = Task.CompletedTask;

    /// <summary>Creates the producer.</summary>
    protected RedisProducer(RedisQueueOptions options, QueueRoute route, QueueLimits limits, QueueMetrics metrics, ILogger logger)
        : base(route, limits, metrics, logger)
    {
        _options = new ConfigurationOptions
        {
            AbortOnConnectFail = false,
            User = options.Username.Length > 0 ? options.Username : null,
            Password = options.Password.Length > 0 ? options.Password : null,
            DefaultDatabase = options.Db,
            ClientName = $"frontier-{limits.GatewayId}",
            ConnectTimeout = (int)QueueLimits.ConnectTimeout.TotalMilliseconds,
            AsyncTimeout = (int)limits.ProduceTimeout.TotalMilliseconds,
            ReconnectRetryPolicy = new LinearRetry(500),
            Ssl = options.Tls.Enable,
        };
        foreach (var address in options.Addrs)
        {
            _options.EndPoints.Add(address);
        }

        if (TlsClient.Validation(options.Tls) is { } validation)
        {
            _options.CertificateValidation += validation;
        }

        if (TlsClient.Certificate(options.Tls) is { } certificate)
        {
            _options.CertificateSelection += (_, _, _, _, _) => certificate;
        }
    }

    /// <inheritdoc/>
    public override void Start() => _starting = Task.Run(ConnectAsync);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _starting;
        if (_failover is { } failover)
        {
            await failover.DisposeAsync();
        }

        if (_connection is { } connection)
        {
            await connection.DisposeAsync();
        }
    }

    /// <summary>Gives the command for a message. Must not wait.</summary>
    protected abstract Task SendAsync(IDatabase database, QueueMessage message);

    /// <inheritdoc/>
    protected override void Enqueue(Outgoing outgoing)
    {
        lock (_gate)
        {
            if (_early is { } early)
            {
                early.Enqueue(outgoing);
            }
            else
            {
                _ = CompleteAsync(outgoing);
            }
        }
    }

    private async Task ConnectAsync()
    {
        try
        {
            RedisFailover.Prepare(_options);
            _connection = await ConnectionMultiplexer.ConnectAsync(_options);
            _connection.ConnectionFailed += (_, failure) =>
            {
                if (failure.ConnectionType == ConnectionType.Interactive)
                {
                    SetDown(failure.Exception?.GetBaseException().Message ?? failure.FailureType.ToString());
                }
            };
            _connection.ConnectionRestored += (_, restored) =>
            {
                if (restored.ConnectionType == ConnectionType.Interactive)
                {
                    SetUp();
                }
            };
            _failover = RedisFailover.Follow(_connection, _options, takesWrites =>
            {
                if (takesWrites)
                {
                    SetUp();
                }
                else
                {
                    SetDown($"Redis at {string.Join(" and ", _options.EndPoints)} is a replica and takes no writes");
                }
            });
            if (_connection.IsConnected)
            {
                SetUp();
            }
            else
            {
                SetDown($"Redis at {string.Join(" and ", _options.EndPoints)} cannot be reached, or does not let this process in");
            }
        }
#pragma warning disable CA1031 // Whatever it is, the messages that wait for this must not wait for ever.
        catch (Exception e)
#pragma warning restore CA1031
        {
            SetDown(e.GetBaseException().Message);
        }

        lock (_gate)
        {
            _database = _connection?.GetDatabase();
            while (_early!.TryDequeue(out var outgoing))
            {
                _ = CompleteAsync(outgoing);
            }

            _early = null;
        }
    }

    // The command is given before the first await.
    private async Task CompleteAsync(Outgoing outgoing)
    {
        try
        {
            if (_database is not { } database)
            {
                outgoing.Fail(Unavailable("never connected"));
                return;
            }

            await SendAsync(database, outgoing.Message);
            SetUp();
            outgoing.Confirm();
        }
        catch (RedisServerException e)
        {
            outgoing.Fail(PassingStates.Any(state => e.Message.StartsWith(state, StringComparison.Ordinal)) ? Unavailable(e.Message) : Refused(e.Message));
        }
        catch (Exception e) when (e is RedisConnectionException or ObjectDisposedException)
        {
            outgoing.Fail(Unavailable(e.Message));
        }
        catch (RedisTimeoutException e)
        {
            outgoing.Fail(_connection is { IsConnected: true } ? new FrontierException(FrontierErrorCode.Timeout) : Unavailable(e.Message));
        }
#pragma warning disable CA1031 // Nobody may wait for ever for something the library has not been seen to throw.
        catch (Exception e)
#pragma warning restore CA1031
        {
            outgoing.Fail(Refused(e.Message));
        }
    }
}

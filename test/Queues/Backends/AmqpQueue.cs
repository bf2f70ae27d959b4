using System.Globalization;
using System.Diagnostics;
using Frontier.Queues.Tests.Support;
using RabbitMQ.Client;

namespace Frontier.Queues.Tests.Backends;

/// <summary>A RabbitMQ server with a database of its own; the exchange, the queue and the binding are what the gateway declares.</summary>
internal sealed class AmqpQueue(string userInfo = "guest:guest") : ITestQueue
{
    private readonly ServerProcess _server = new("/usr/lib/rabbitmq/bin/rabbitmq-server", _ => []);
    private readonly int _epmdPort = ServerProcess.FreePort();
    private readonly List<Received> _received = [];
    private Process? _epmd;

    public string Name => "amqp";

    public string Topic => "telemetry";

    public bool HasHeaders => true;

    public bool Keeps => true;

    public (string Key, string Value)[] Settings =>
    [
        ("mqm:amqp:enable", "true"),
        ("mqm:amqp:addrs:0", $"amqp://{userInfo}@127.0.0.1:{_server.Port}"),
        ("mqm:amqp:exchanges:0:name", "edges"),
        ("mqm:amqp:exchanges:0:kind", "topic"),
        ("mqm:amqp:exchanges:0:durable", "true"),
        ("mqm:amqp:queues:0:name", "inbox"),
        ("mqm:amqp:queues:0:durable", "true"),
        ("mqm:amqp:queueBindings:0:queue_name", "inbox"),
        ("mqm:amqp:queueBindings:0:exchange_name", "edges"),
        ("mqm:amqp:queueBindings:0:binding_key", Topic),
        ("mqm:amqp:producer:exchange", "edges"),
        ("mqm:amqp:producer:routing_keys:0", Topic),
        ("mqm:amqp:producer:routing_keys:1", "unbound"),
        ("mqm:amqp:producer:headers:plant", "north"),
        ("mqm:amqp:producer:content_type", "application/octet-stream"),
    ];

    public async Task StartAsync()
    {
        var directory = _server.Directory;
        await File.WriteAllTextAsync(Path.Combine(directory, "rabbitmq.conf"), $"listeners.tcp.1 = 127.0.0.1:{_server.Port}\n");
        await File.WriteAllTextAsync(Path.Combine(directory, "enabled_plugins"), "[].\n");
        _server.Environment["HOME"] = directory; // Where the cookie is.
        _server.Environment["ERL_EPMD_PORT"] = _epmdPort.ToString(CultureInfo.InvariantCulture);
        _server.Environment["RABBITMQ_NODENAME"] = $"frontier{_server.Port}@localhost";
        _server.Environment["RABBITMQ_DIST_PORT"] = ServerProcess.FreePort().ToString(CultureInfo.InvariantCulture);
        _server.Environment["RABBITMQ_MNESIA_BASE"] = Path.Combine(directory, "db");
        _server.Environment["RABBITMQ_LOG_BASE"] = Path.Combine(directory, "log");
        _server.Environment["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(directory, "enabled_plugins");
        _server.Environment["RABBITMQ_CONFIG_FILE"] = Path.Combine(directory, "rabbitmq.conf");
        _server.Environment["RABBITMQ_PID_FILE"] = Path.Combine(directory, "pid");
        _server.Environment["RABBITMQ_CONF_ENV_FILE"] = "/dev/null";
        // Otherwise the server starts one that nobody ends.
        _epmd ??= Process.Start(new ProcessStartInfo("epmd", ["-address", "127.0.0.1", "-port", _epmdPort.ToString(CultureInfo.InvariantCulture)]));
        await _server.StartAsync(async () =>
        {
            await using var connection = await ConnectAsync();
        });
    }

    public Task KillAsync() => _server.KillAsync();

    public async Task<IReadOnlyList<Received>> ReadAllAsync()
    {
        await using var connection = await ConnectAsync();
        await using var channel = await connection.CreateChannelAsync();
        while (await channel.BasicGetAsync("inbox", autoAck: true) is { } message)
        {
            var headers = (message.BasicProperties.Headers ?? new Dictionary<string, object?>())
                .ToDictionary(header => header.Key, header => header.Value as byte[] ?? []);
            headers["content-type"] = System.Text.Encoding.UTF8.GetBytes(message.BasicProperties.ContentType ?? "");
            headers["delivery-mode"] = System.Text.Encoding.UTF8.GetBytes(message.BasicProperties.DeliveryMode.ToString());
            _received.Add(new Received(message.Body.ToArray(), headers));
        }

        return _received;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        if (_epmd is { } epmd)
        {
            epmd.Kill();
            await epmd.WaitForExitAsync();
            epmd.Dispose();
        }
    }

    private Task<IConnection> ConnectAsync() =>
        new ConnectionFactory { HostName = "127.0.0.1", Port = _server.Port, AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
}

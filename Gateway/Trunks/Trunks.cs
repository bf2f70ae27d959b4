using System.Collections.Concurrent;
using Frontier.GrainInterfaces;
using Frontier.Protocol;
using Microsoft.Extensions.Logging;

namespace Frontier.Gateway;

/// <summary>The trunks of this gateway: one to each gateway that its peers ask something of, and one from each whose peers ask something of its own.</summary>
internal sealed partial class Trunks(GatewayCore gateway, IGatewayPorts? ports, ILogger<Trunks> logger) : ILocalTrunks
{
    // For the frames that are under way between two gateways: the peers behind them have gone already.
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<SiloAddress, Trunk> _opened = [];
    private readonly ConcurrentDictionary<(long Id, bool IsOpener), TrunkTransport> _transports = [];
    private readonly ConcurrentDictionary<Trunk, byte> _trunks = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _closed;

    /// <summary>The trunk to the gateway in a silo's process; opened when there is none. Null when that is this process, or nothing can be opened any more.</summary>
    public Trunk? To(SiloAddress silo)
    {
        while (true)
        {
            if (_opened.TryGetValue(silo, out var trunk) && trunk.IsUsable)
            {
                return trunk;
            }

            if (_closed || ports is null || gateway.Identity.Silo is not { } self || self.Equals(silo) || gateway.Awake.IsDead(silo))
            {
                return null;
            }

            lock (_opened)
            {
                if (!_opened.TryGetValue(silo, out trunk) || !trunk.IsUsable)
                {
                    _opened[silo] = Start(Random.Shared.NextInt64(), isOpener: true, self, silo);
                }
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeliverAsync(TrunkSegment segment)
    {
        ArgumentNullException.ThrowIfNull(segment);
        if (gateway.Awake.IsDead(segment.From))
        {
            Cut(segment.From.Equals); // It does not know yet that it was given up: what it held is somewhere else by now.
            return ValueTask.FromResult(false);
        }

        var key = (segment.TrunkId, IsOpener: !segment.FromOpener);
        if (!_transports.TryGetValue(key, out var transport))
        {
            // A trunk begins with its first piece, which may arrive second.
            if (!segment.FromOpener || _closed || gateway.Identity.Silo is not { } self || ports is null || segment.Sequence > 1)
            {
                return ValueTask.FromResult(false);
            }

            lock (_opened)
            {
                if (!_transports.TryGetValue(key, out transport))
                {
                    Start(segment.TrunkId, isOpener: false, self, segment.From);
                    transport = _transports[key];
                }
            }
        }

        transport.NoteFeatures(segment.Features);
        return transport.ReceiveAsync(segment.Sequence, segment.Bytes);
    }

    /// <summary>Ends the trunks to and from gateways that are gone: what is in flight on them fails now.</summary>
    /// <param name="isGone">Whether the gateway in a silo's process is gone.</param>
    public void Cut(Predicate<SiloAddress> isGone)
    {
        foreach (var (_, transport) in _transports)
        {
            if (isGone(transport.Peer))
            {
                Log.Cut(logger, transport.Peer);
                transport.Fail();
            }
        }
    }

    /// <summary>Ends all trunks, for good, each when what is in flight on it has been answered.</summary>
    public async Task CloseAsync()
    {
        _closed = true;
        using var patience = new CancellationTokenSource(CloseTime);
        await Task.WhenAll(_trunks.Keys.Select(trunk => trunk.CloseWhenIdleAsync(DisconnectReason.ShuttingDown, patience.Token)));
        if (!_trunks.IsEmpty)
        {
            await _ended.Task.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (var (trunk, _) in _trunks)
        {
            trunk.Abort(DisconnectReason.ShuttingDown);
        }
    }

    private Trunk Start(long id, bool isOpener, SiloAddress self, SiloAddress silo)
    {
        var transport = new TrunkTransport(id, isOpener, self, silo, ports!.Get(silo), (int)Trunk.Features);
        var trunk = new Trunk(transport, isOpener ? ConnectionRole.Dialer : ConnectionRole.Acceptor, gateway);
        transport.FeaturesSaid += features => trunk.Learn((PeerFeatures)features);
        transport.Failed += () => trunk.Abort(DisconnectReason.ConnectionLost);
        _transports[(id, isOpener)] = transport;
        _trunks[trunk] = 0;
        _ = Task.Run(() => RunAsync(trunk, transport));
        return trunk;
    }

    private async Task RunAsync(Trunk trunk, TrunkTransport transport)
    {
        var way = transport.IsOpener ? "to" : "from";
        Log.Opened(logger, way, transport.Peer);
        var reason = DisconnectReason.InternalError;
        var failure = transport.Failure;
        try
        {
            var sending = transport.SendAsync();
            reason = await trunk.RunAsync();
            await sending;
            failure = transport.Failure ?? trunk.Failure;
        }
#pragma warning disable CA1031 // A trunk that ended must not be found any more, however it ended; the next frame opens another one.
        catch (Exception error)
#pragma warning restore CA1031
        {
            failure = error;
            trunk.Abort(DisconnectReason.InternalError);
        }

        _trunks.TryRemove(trunk, out _);
        if (_closed && _trunks.IsEmpty)
        {
            _ended.TrySetResult();
        }

        _transports.TryRemove((transport.Id, transport.IsOpener), out _);
        if (transport.IsOpener)
        {
            _opened.TryRemove(KeyValuePair.Create(transport.Peer, trunk));
        }

        Log.Ended(logger, way, transport.Peer, GatewayMetrics.NameOf(reason), failure);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Trunk {Way} the gateway at {Silo} opened")]
        public static partial void Opened(ILogger logger, string way, SiloAddress silo);

        [LoggerMessage(2, LogLevel.Information, "Trunk {Way} the gateway at {Silo} ended: {Reason}")]
        public static partial void Ended(ILogger logger, string way, SiloAddress silo, string reason, Exception? failure);

        [LoggerMessage(3, LogLevel.Warning, "The gateway at {Silo} is gone: its trunk is cut")]
        public static partial void Cut(ILogger logger, SiloAddress silo);
    }
}

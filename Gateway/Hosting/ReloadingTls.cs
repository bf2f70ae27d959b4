using System.Net.Security;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Frontier.Gateway;

/// <summary>
/// A listener's TLS settings, read again when their files change. The contents are compared, at a handshake and at most once a second: file
/// notifications miss the way Kubernetes exchanges a mounted secret, and modification times are those of links.
/// </summary>
internal sealed partial class ReloadingTls
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly TlsOptions _options;
    private readonly List<SslApplicationProtocol>? _applicationProtocols;
    private readonly ILogger _logger;
    private readonly ListenerMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly Lock _reloading = new();

    private TlsSnapshot _current;
    private byte[]? _rejected;
    private DateTimeOffset _rejectedUntil;
    private long _checkedAt;

    /// <summary>Reads the files for the first time.</summary>
    /// <exception cref="OptionsValidationException">They are not what TLS needs.</exception>
    public ReloadingTls(string path, TlsOptions options, List<SslApplicationProtocol>? applicationProtocols, ListenerMetrics metrics, ILogger logger, TimeProvider time)
    {
        _path = path;
        _options = options;
        _applicationProtocols = applicationProtocols;
        _metrics = metrics;
        _logger = logger;
        _time = time;
        var failures = new List<string>();
        _current = TlsSnapshot.Load(path, options, failures, applicationProtocols)
            ?? throw new OptionsValidationException(path, typeof(TlsOptions), failures);
        _checkedAt = time.GetTimestamp();
    }

    /// <summary>The options for a handshake with a peer that asked for a name.</summary>
    public SslServerAuthenticationOptions Select(string? serverName)
    {
        // One handshake looks at the files; the others go on with what is there.
        if (_time.GetElapsedTime(Volatile.Read(ref _checkedAt)) >= CheckInterval && _reloading.TryEnter())
        {
            try
            {
                ReloadIfChanged();
                Volatile.Write(ref _checkedAt, _time.GetTimestamp());
            }
            finally
            {
                _reloading.Exit();
            }
        }

        return Volatile.Read(ref _current).Select(serverName);
    }

    // Files are often written one after the other, so a pair that does not fit yet is normal: the old one stays until a good one is there.
    private void ReloadIfChanged()
    {
        byte[] fingerprint;
        try
        {
            fingerprint = TlsSnapshot.Hash(_options);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            fingerprint = [];
        }

        var now = _time.GetUtcNow();
        if (fingerprint.AsSpan().SequenceEqual(_current.Fingerprint)
            || (_rejected is not null && fingerprint.AsSpan().SequenceEqual(_rejected) && now < _rejectedUntil))
        {
            return;
        }

        var failures = new List<string>();
        if (TlsSnapshot.Load(_path, _options, failures, _applicationProtocols) is not { } loaded)
        {
            Reject(fingerprint, DateTimeOffset.MaxValue, "unusable");
            Log.Rejected(_logger, string.Join("; ", failures));
        }
        else if (_current.IsValidAt(now) && !loaded.IsValidAt(now))
        {
            // Peers would refuse what was put there, and take what is in use. It is looked at again when either changes.
            Reject(loaded.Fingerprint, loaded.NotBefore > now && loaded.NotBefore < _current.NotAfter ? loaded.NotBefore : _current.NotAfter, "not_valid_now");
            Log.NotValidNow(_logger, _path, loaded.NotBefore, loaded.NotAfter, _current.NotAfter);
        }
        else
        {
            Volatile.Write(ref _current, loaded);
            _rejected = null;
            _metrics.TlsReloaded(_path, "loaded");
            Log.Reloaded(_logger, _path);
        }
    }

    private void Reject(byte[] fingerprint, DateTimeOffset until, string result)
    {
        _rejected = fingerprint;
        _rejectedUntil = until;
        _metrics.TlsReloaded(_path, result);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Path}: certificates changed and are in use", EventName = "CertificatesReloaded")]
        public static partial void Reloaded(ILogger logger, string path);

        [LoggerMessage(2, LogLevel.Warning, "Changed certificates cannot be used, the old ones stay: {Reason}", EventName = "CertificatesRejected")]
        public static partial void Rejected(ILogger logger, string reason);

        [LoggerMessage(3, LogLevel.Warning,
            "{Path}: changed certificates are valid from {NotBefore} to {NotAfter} only, the old ones stay until {Until}", EventName = "CertificatesNotValid")]
        public static partial void NotValidNow(ILogger logger, string path, DateTimeOffset notBefore, DateTimeOffset notAfter, DateTimeOffset until);
    }
}

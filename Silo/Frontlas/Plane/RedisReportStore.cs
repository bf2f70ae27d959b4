using Frontier.Grains.Frontlas;
using StackExchange.Redis;

namespace Frontier.Silo;

/// <summary>Keeps reports in the cluster's Redis, as one hash that expires as a whole.</summary>
/// <param name="connect">The connection; asked for when it is needed.</param>
/// <param name="key">The hash's key.</param>
internal sealed class RedisReportStore(Func<IConnectionMultiplexer> connect, string key) : IReportStore
{
    private const int PageSize = 5000;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<KeyValuePair<string, string>>> LoadAsync(CancellationToken cancellationToken)
    {
        var loaded = new List<KeyValuePair<string, string>>();
        await foreach (var field in connect().GetDatabase().HashScanAsync(key, pageSize: PageSize).WithCancellation(cancellationToken))
        {
            loaded.Add(KeyValuePair.Create(field.Name.ToString(), field.Value.ToString()));
        }

        return loaded;
    }

    /// <inheritdoc/>
    public async Task SaveAsync(IReadOnlyCollection<KeyValuePair<string, string?>> changes, TimeSpan lifetime)
    {
        ArgumentNullException.ThrowIfNull(changes);
        var transaction = connect().GetDatabase().CreateTransaction();
        var put = changes.Where(change => change.Value is not null).Select(change => new HashEntry(change.Key, change.Value)).ToArray();
        if (put.Length > 0)
        {
            _ = transaction.HashSetAsync(key, put);
        }

        var gone = changes.Where(change => change.Value is null).Select(change => (RedisValue)change.Key).ToArray();
        if (gone.Length > 0)
        {
            _ = transaction.HashDeleteAsync(key, gone);
        }

        _ = transaction.KeyExpireAsync(key, lifetime);
        await transaction.ExecuteAsync();
    }
}

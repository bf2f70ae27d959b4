using System.Globalization;
using Frontier.GrainInterfaces;
using StackExchange.Redis;

namespace Frontier.Silo;

/// <summary>
/// Keeps messages in Redis Streams, one for each topic, on the server by which the processes of the cluster find each other; so they outlive the processes.
/// </summary>
/// <param name="connect">The connection; asked for when it is needed.</param>
/// <param name="prefix">What the keys begin with: the cluster's id, since clusters can share a server.</param>
internal sealed class RedisMessageStore(Func<IConnectionMultiplexer> connect, string prefix) : IMessageStore
{
    // Expires old entries, then adds as many as there is room for. Arguments: lifetime in ms, most entries, then id, edge, payload and custom of each message.
    private const string Append = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', now - ARGV[1]))
        local room = ARGV[2] - redis.call('XLEN', KEYS[1])
        local stored = 0
        for i = 3, #ARGV, 4 do
          if stored >= room then break end
          redis.call('XADD', KEYS[1], '*', 'id', ARGV[i], 'edge', ARGV[i + 1], 'payload', ARGV[i + 2], 'custom', ARGV[i + 3])
          stored = stored + 1
        end
        if stored > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
        return stored
        """;

    // Expires old entries, then reads. Arguments: lifetime in ms, most entries to read.
    private const string Read = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', now - ARGV[1]))
        return redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[2])
        """;

    private readonly RedisKey _index = $"{prefix}:retained";

    private IDatabase Database => connect().GetDatabase();

    /// <inheritdoc/>
    public Task<int> AppendAsync(RetentionRule rule, string topic, IReadOnlyList<StoredMessage> messages) => AskAsync(async database =>
    {
        var arguments = new RedisValue[2 + (4 * messages.Count)];
        arguments[0] = Milliseconds(rule.Lifetime);
        arguments[1] = rule.MaxMessages;
        for (var i = 0; i < messages.Count; i++)
        {
            arguments[2 + (4 * i)] = messages[i].Id;
            arguments[3 + (4 * i)] = messages[i].EdgeId.ToString(CultureInfo.InvariantCulture);
            arguments[4 + (4 * i)] = messages[i].Payload;
            arguments[5 + (4 * i)] = messages[i].Custom;
        }

        // Listed first: a topic that is listed and has nothing costs a look, one that has something and is not listed would be forgotten.
        await database.SetAddAsync(_index, topic);
        return (int)await database.ScriptEvaluateAsync(Append, [KeyOf(topic)], arguments);
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredEntry>> ReadAsync(RetentionRule rule, string topic, int count) => AskAsync<IReadOnlyList<StoredEntry>>(async database =>
    {
        var entries = (RedisResult[]?)await database.ScriptEvaluateAsync(Read, [KeyOf(topic)], [Milliseconds(rule.Lifetime), count]);
        return [.. (entries ?? []).Select(ToEntry)];
    });

    /// <inheritdoc/>
    public Task RemoveAsync(string topic, IReadOnlyList<string> places) =>
        AskAsync(database => database.StreamDeleteAsync(KeyOf(topic), [.. places.Select(place => (RedisValue)place)]));

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync() =>
        AskAsync<IReadOnlyList<string>>(async database => [.. (await database.SetMembersAsync(_index)).Select(topic => (string)topic!)]);

    /// <inheritdoc/>
    public Task ForgetAsync(string topic) => AskAsync(database => database.SetRemoveAsync(_index, topic));

    private static long Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;

    // [id, [name, value, …]]
    private static StoredEntry ToEntry(RedisResult entry)
    {
        var parts = (RedisResult[])entry!;
        var fields = (RedisValue[])parts[1]!;
        return new StoredEntry(
            (string)parts[0]!,
            new StoredMessage((string)fields[1]!, ulong.Parse((string)fields[3]!, CultureInfo.InvariantCulture), (byte[])fields[5]!, (byte[])fields[7]!));
    }

    private RedisKey KeyOf(string topic) => $"{prefix}:retained:{topic}";

    private async Task<T> AskAsync<T>(Func<IDatabase, Task<T>> ask)
    {
        try
        {
            return await ask(Database);
        }
        catch (Exception error) when (error is RedisException or TimeoutException or ObjectDisposedException or InvalidOperationException)
        {
            throw new FrontierException(FrontierErrorCode.QueueUnavailable, FrontierErrorText.QueueUnavailable, error);
        }
    }
}

using System.Globalization;
using Frontier.GrainInterfaces;
using StackExchange.Redis;

namespace Frontier.Silo;

/// <summary>
/// Keeps messages in Redis Streams, one for each topic, so that they outlive the processes. What all of them together hold is counted by the server in the same
/// step in which a message is added or removed, so that no number of processes goes beyond the limits. All keys have one hash tag: in a Redis cluster they
/// are on one server.
/// </summary>
/// <param name="connect">The connection; asked for when it is needed.</param>
/// <param name="prefix">What the keys begin with: the cluster's id, since clusters can share a server.</param>
/// <param name="limits">What all boxes together may hold.</param>
internal sealed class RedisMessageStore(Func<IConnectionMultiplexer> connect, string prefix, StoreLimits limits) : IMessageStore
{
    // Keys: the box's stream, the set of boxes, and a hash with the bytes of each box and, under the empty name, of all. A write that Redis allows without memory
    // goes first wherever something is removed: a server that is full must be able to get empty again.
    private const string Functions = """
        local function size(fields)
          local bytes = tonumber(OVERHEAD)
          for i = 2, #fields, 2 do
            if fields[i - 1] == 'payload' or fields[i - 1] == 'custom' then bytes = bytes + #fields[i] end
          end
          return bytes
        end
        local function free(box, bytes)
          if bytes == 0 then return end
          if redis.call('HINCRBY', KEYS[3], box, -bytes) <= 0 then redis.call('HDEL', KEYS[3], box) end
          if redis.call('HINCRBY', KEYS[3], '', -bytes) < 0 then redis.call('HSET', KEYS[3], '', 0) end
        end
        local function expire(box, lifetime)
          local time = redis.call('TIME')
          local oldest = time[1] * 1000 + math.floor(time[2] / 1000) - lifetime
          local bytes = 0
          for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', string.format('%.0f', oldest - 1), 'COUNT', 256)) do
            bytes = bytes + size(entry[2])
            redis.call('XDEL', KEYS[1], entry[1])
          end
          free(box, bytes)
          return string.format('%.0f', oldest)
        end

        """;

    // Expires old entries, then adds as many as there is room for. Arguments: the box, lifetime in ms, most entries, most bytes and most boxes of all, then id, edge,
    // payload, custom and trace of each message. Answers how many were added, whether the limits of all are why there were not more, and where the last one is.
    private const string Append = Functions + """
        expire(ARGV[1], ARGV[2])
        if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 0 and redis.call('SCARD', KEYS[2]) >= tonumber(ARGV[5]) then return {0, 1} end
        local room = ARGV[3] - redis.call('XLEN', KEYS[1])
        local left = ARGV[4] - (redis.call('HGET', KEYS[3], '') or 0)
        local stored, bytes, full = 0, 0, 0
        for i = 6, #ARGV, 5 do
          if stored >= room then break end
          local more = tonumber(OVERHEAD) + #ARGV[i + 2] + #ARGV[i + 3]
          if bytes + more > left then full = 1 break end
          bytes = bytes + more
          stored = stored + 1
        end
        if stored == 0 then return {0, full} end
        redis.call('SADD', KEYS[2], ARGV[1])
        redis.call('HINCRBY', KEYS[3], ARGV[1], bytes)
        redis.call('HINCRBY', KEYS[3], '', bytes)
        local place
        for i = 6, 5 + 5 * stored, 5 do
          place = redis.call('XADD', KEYS[1], '*', 'id', ARGV[i], 'edge', ARGV[i + 1], 'payload', ARGV[i + 2], 'custom', ARGV[i + 3], 'trace', ARGV[i + 4])
        end
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        return {stored, full, place}
        """;

    // Expires old entries, then reads. Arguments: the box, lifetime in ms, most entries to read.
    private const string Read = Functions + """
        return redis.call('XRANGE', KEYS[1], expire(ARGV[1], ARGV[2]), '+', 'COUNT', ARGV[3])
        """;

    // Arguments: the box, then the places.
    private const string Remove = Functions + """
        local bytes = 0
        for i = 2, #ARGV do
          local found = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])
          if found[1] then bytes = bytes + size(found[1][2]) end
          redis.call('XDEL', KEYS[1], ARGV[i])
        end
        free(ARGV[1], bytes)
        """;

    // A box that the server has forgotten by itself, with its lifetime, is still counted. Argument: the box.
    private const string Forget = Functions + """
        if redis.call('XLEN', KEYS[1]) > 0 then return end
        redis.call('SREM', KEYS[2], ARGV[1])
        free(ARGV[1], tonumber(redis.call('HGET', KEYS[3], ARGV[1]) or 0))
        """;

    private static readonly string AppendScript = WithOverhead(Append);
    private static readonly string ReadScript = WithOverhead(Read);
    private static readonly string RemoveScript = WithOverhead(Remove);
    private static readonly string ForgetScript = WithOverhead(Forget);

    private readonly RedisKey _index = $"{{{prefix}}}:retained";
    private readonly RedisKey _usage = $"{{{prefix}}}:retained-bytes";

    private IDatabase Database => connect().GetDatabase();

    /// <inheritdoc/>
    public Task<AppendResult> AppendAsync(RetentionRule rule, string topic, IReadOnlyList<StoredMessage> messages) => AskAsync(async database =>
    {
        var arguments = new RedisValue[5 + (5 * messages.Count)];
        arguments[0] = topic;
        arguments[1] = Milliseconds(rule.Lifetime);
        arguments[2] = rule.MaxMessages;
        arguments[3] = limits.MaxBytes;
        arguments[4] = limits.MaxBoxes;
        for (var i = 0; i < messages.Count; i++)
        {
            arguments[5 + (5 * i)] = messages[i].Id;
            arguments[6 + (5 * i)] = messages[i].EdgeId.ToString(CultureInfo.InvariantCulture);
            arguments[7 + (5 * i)] = messages[i].Payload;
            arguments[8 + (5 * i)] = messages[i].Custom;
            arguments[9 + (5 * i)] = messages[i].Trace;
        }

        var result = (RedisResult[])(await database.ScriptEvaluateAsync(AppendScript, KeysOf(topic), arguments))!;
        return new AppendResult((int)result[0], (int)result[1] != 0) { LastPlace = result.Length > 2 ? (string)result[2]! : "" };
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredEntry>> ReadAsync(RetentionRule rule, string topic, int count) => AskAsync<IReadOnlyList<StoredEntry>>(async database =>
    {
        var entries = (RedisResult[]?)await database.ScriptEvaluateAsync(ReadScript, KeysOf(topic), [topic, Milliseconds(rule.Lifetime), count]);
        return [.. (entries ?? []).Select(ToEntry)];
    });

    /// <inheritdoc/>
    public Task RemoveAsync(string topic, IReadOnlyList<string> places) =>
        AskAsync(database => database.ScriptEvaluateAsync(RemoveScript, KeysOf(topic), [topic, .. places.Select(place => (RedisValue)place)]));

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync() =>
        AskAsync<IReadOnlyList<string>>(async database => [.. (await database.SetMembersAsync(_index)).Select(topic => (string)topic!)]);

    /// <inheritdoc/>
    public Task ForgetAsync(string topic) => AskAsync(database => database.ScriptEvaluateAsync(ForgetScript, KeysOf(topic), [topic]));

    private static string WithOverhead(string script) =>
        script.Replace("OVERHEAD", StoreLimits.MessageOverhead.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static long Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;

    // [id, [name, value, …]]
    private static StoredEntry ToEntry(RedisResult entry)
    {
        var parts = (RedisResult[])entry!;
        var fields = (RedisValue[])parts[1]!;
        return new StoredEntry(
            (string)parts[0]!,
            new StoredMessage((string)fields[1]!, ulong.Parse((string)fields[3]!, CultureInfo.InvariantCulture), (byte[])fields[5]!, (byte[])fields[7]!)
            {
                Trace = (byte[])fields[9]!,
            });
    }

    private RedisKey[] KeysOf(string topic) => [$"{{{prefix}}}:retained:{topic}", _index, _usage];

    private async Task<T> AskAsync<T>(Func<IDatabase, Task<T>> ask)
    {
        try
        {
            return await ask(Database);
        }
        catch (RedisServerException error) when (error.Message.Contains("OOM command not allowed", StringComparison.Ordinal))
        {
            throw new FrontierException(FrontierErrorCode.StoreFull, FrontierErrorText.StoreFull, error);
        }
        catch (Exception error) when (error is RedisException or TimeoutException or ObjectDisposedException or InvalidOperationException)
        {
            throw new FrontierException(FrontierErrorCode.QueueUnavailable, FrontierErrorText.QueueUnavailable, error);
        }
    }
}

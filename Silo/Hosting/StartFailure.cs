using Frontier.Gateway;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Frontier.Silo;

/// <summary>Tells the failures that a user can mend from those that only a stack trace explains.</summary>
internal static class StartFailure
{
    /// <summary>The failure in lines for the user; null when it is none of those foreseen.</summary>
    public static IReadOnlyList<string>? Describe(Exception failure) => failure switch
    {
        ConfigurationException wrong => wrong.Problems,
        OptionsValidationException wrong => [.. wrong.Failures],
        ListenException taken => [taken.Message],
        ClusterException lonely => [lonely.Message],
        ServiceFailedException failed => [failed.Message.ReplaceLineEndings(" ")],
        AggregateException several => DescribeAll(several.Flatten().InnerExceptions),
        RedisException lost => [$"cluster.redis: Redis failed during the start: {lost.Message}"],
        // Orleans' provider wraps what Redis said.
        { InnerException: { } inner } when FindRedis(inner) is { } lost => Describe(lost),
        _ => null,
    };

    private static RedisException? FindRedis(Exception? failure) => failure switch
    {
        null => null,
        RedisException found => found,
        _ => FindRedis(failure.InnerException),
    };

    private static List<string>? DescribeAll(IEnumerable<Exception> failures)
    {
        var lines = new List<string>();
        foreach (var failure in failures)
        {
            if (Describe(failure) is not { } described)
            {
                return null;
            }

            lines.AddRange(described);
        }

        return lines;
    }
}

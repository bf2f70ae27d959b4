using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using k8s.Models;

namespace Frontier.Operator.Desired;

/// <summary>Where pods read the Redis password.</summary>
/// <param name="Selector">The Secret and the key in it; null without a password.</param>
/// <param name="Copy">The Secret to be made, for a password that stands in the spec; null when the user's own is used.</param>
/// <param name="Digest">Something that changes with the password, so that pods are replaced; null without a password.</param>
internal sealed record RedisPassword(V1SecretKeySelector? Selector, V1Secret? Copy, string? Digest)
{
    // Pods' annotations can be read by many who may not read Secrets, so guessing the password from its digest has to be expensive. OWASP's 2023 figure for
    // PBKDF2-HMAC-SHA512, rounded up.
    private const int Iterations = 220_000;
    private static readonly ConcurrentDictionary<string, string> Digests = new();
    private static readonly byte[] ProcessKey = RandomNumberGenerator.GetBytes(32);

    /// <summary>Finds it; null when it is missing, which is then among the problems.</summary>
    public static RedisPassword? Find(ResolvedCluster cluster, Surroundings around, ICollection<Problem> problems)
    {
        var redis = cluster.Redis;
        if (redis.PasswordSecret is { } reference)
        {
            if (around.FindSecret(reference.Name)?.Data?.TryGetValue(reference.Key, out var found) is true && found is { Length: > 0 })
            {
                return new RedisPassword(new V1SecretKeySelector { Name = reference.Name, Key = reference.Key }, null, DigestOf(found, cluster.Uid));
            }

            problems.Add(new Problem(
                ProblemSeverity.Waiting, "SecretMissing", $"Secret {reference.Name} with the key {reference.Key}, the Redis password, does not exist yet"));
            return null;
        }

        if (string.IsNullOrEmpty(redis.Password))
        {
            return new RedisPassword(null, null, null);
        }

        var password = Encoding.UTF8.GetBytes(redis.Password);
        var copy = new V1Secret
        {
            Metadata = new V1ObjectMeta { Name = Names.RedisSecret(cluster.Name) },
            Type = "Opaque",
            Data = new Dictionary<string, byte[]> { ["password"] = password },
        };
        return new RedisPassword(new V1SecretKeySelector { Name = copy.Metadata.Name, Key = "password" }, copy, DigestOf(password, cluster.Uid));
    }

    // Expensive for us as well, so each is computed once; what is kept is as hard to reverse as the result.
    private static string DigestOf(byte[] password, string salt) => Digests.GetOrAdd(
        Convert.ToHexStringLower(HMACSHA256.HashData(ProcessKey, (byte[])[.. Encoding.UTF8.GetBytes(salt), 0, .. password])),
        static (_, input) => Convert.ToHexStringLower(
            Rfc2898DeriveBytes.Pbkdf2(input.password, Encoding.UTF8.GetBytes(input.salt), Iterations, HashAlgorithmName.SHA512, 8)),
        (password, salt));
}

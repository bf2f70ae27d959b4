namespace Frontier.Silo.Tests;

/// <summary>What is said of a Redis server that is not fit to keep messages.</summary>
public sealed class RetentionCheckTests
{
    [Test]
    public void A_server_that_keeps_what_it_has_and_has_room_is_not_complained_about() =>
        Assert.That(Problems(maxMemory: "0", policy: "allkeys-lru", aof: "1", save: "", maxBytes: 1000), Is.Empty, "without a limit nothing is thrown out");

    [Test]
    public void One_that_evicts_gets_a_warning() =>
        Assert.That(Problems("5000", "volatile-lru", "1", "", 1000), Has.One.Contains("maxmemory-policy is volatile-lru"));

    [Test]
    public void One_without_persistence_gets_a_warning() =>
        Assert.That(Problems("0", "noeviction", "0", "", 1000), Has.One.Contains("appendonly and save are off"));

    [Test]
    public void One_that_does_not_tell_how_it_saves_gets_none() =>
        Assert.That(Problems("0", "noeviction", "0", null, 1000), Is.Empty);

    [Test]
    public void One_with_less_memory_than_may_be_kept_gets_a_warning_which_names_the_way_out() =>
        Assert.That(Problems("500", "noeviction", "1", "", 1000), Has.One.Contains("cluster.retention_redis"));

    private static IReadOnlyList<string> Problems(string maxMemory, string policy, string aof, string? save, long maxBytes) => RetentionCheck.ProblemsOf(
        new Dictionary<string, string> { ["maxmemory"] = maxMemory, ["maxmemory_policy"] = policy },
        new Dictionary<string, string> { ["aof_enabled"] = aof },
        save,
        isOwn: false,
        maxBytes);
}

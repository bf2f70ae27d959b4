namespace Frontier.Client.Tests;

public sealed class RouteCacheTests
{
    private long _now;

    [Test]
    public void A_route_is_remembered_for_its_time_until_forgotten()
    {
        var routes = new RouteCache(10, TimeSpan.FromSeconds(1), () => _now);
        routes.Learn(1, "a");
        routes.Learn(2, "b");
        routes.Learn(3, "a");
        Assert.That((routes.Find(1), routes.Find(2), routes.Find(4)), Is.EqualTo(("a", "b", (string?)null)));
        routes.ForgetGateway("a");
        Assert.That((routes.Find(1), routes.Find(2), routes.Find(3)), Is.EqualTo(((string?)null, "b", (string?)null)));
        _now += 1000;
        Assert.That((routes.Find(2), routes.Count), Is.EqualTo(((string?)null, 0)));
    }

    [Test]
    public void No_more_routes_are_remembered_than_allowed_and_the_latest_is_among_them()
    {
        var routes = new RouteCache(100, TimeSpan.FromHours(1), () => _now);
        for (ulong edge = 1; edge <= 10_000; edge++)
        {
            routes.Learn(edge, "a");
            Assert.That(routes.Find(edge), Is.EqualTo("a"));
            Assert.That(routes.Count, Is.LessThanOrEqualTo(100));
        }
    }
}

using Frontier.Gateway;

namespace Frontier.Silo.Tests;

public sealed class ReadinessTests
{
    [Test]
    public void Ready_is_only_who_meets_every_condition()
    {
        var readiness = new Readiness();
        readiness.NotMet("silo", "starting");
        readiness.NotMet("listeners", "closed");
        Assert.That(readiness.IsReady, Is.False);

        readiness.Met("silo");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(readiness.IsReady, Is.False);
            Assert.That(readiness.Reasons, Is.EqualTo(new Dictionary<string, string> { ["listeners"] = "closed" }));
        }

        readiness.Met("listeners");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(readiness.IsReady, Is.True);
            Assert.That(readiness.Reasons, Is.Empty);
        }
    }
}

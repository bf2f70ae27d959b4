using System.Net;
using Frontier.Protocol;

namespace Frontier.Gateway.Tests;

public class ConnectionAdmissionTests
{
    private static readonly IPAddress A = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress B = IPAddress.Parse("192.0.2.2");

    [Test]
    public void The_total_limit_is_named_when_it_is_hit_and_a_place_is_free_again_after_a_leave()
    {
        var admission = new ConnectionAdmission(maxConnections: 2, maxPerSource: 10);

        Assert.That(admission.TryEnter(A), Is.EqualTo(DisconnectReason.None));
        Assert.That(admission.TryEnter(B), Is.EqualTo(DisconnectReason.None));
        Assert.That(admission.TryEnter(B), Is.EqualTo(DisconnectReason.TooManyConnections));
        admission.Leave(A);
        Assert.That(admission.TryEnter(B), Is.EqualTo(DisconnectReason.None));
    }

    [Test]
    public void One_source_cannot_take_the_places_of_others()
    {
        var admission = new ConnectionAdmission(maxConnections: 100, maxPerSource: 2);

        Assert.That(admission.TryEnter(A), Is.EqualTo(DisconnectReason.None));
        Assert.That(admission.TryEnter(A), Is.EqualTo(DisconnectReason.None));
        Assert.That(admission.TryEnter(A), Is.EqualTo(DisconnectReason.TooManyConnectionsFromSource));
        Assert.That(admission.TryEnter(B), Is.EqualTo(DisconnectReason.None));
    }

    [Test]
    public void Counts_are_exact_after_many_threads_came_and_went()
    {
        var admission = new ConnectionAdmission(maxConnections: 8, maxPerSource: 4);

        Parallel.For(0, 20_000, i =>
        {
            var source = i % 2 == 0 ? A : B;
            if (admission.TryEnter(source) == DisconnectReason.None)
            {
                admission.Leave(source);
            }
        });

        var admitted = Enumerable.Range(0, 4).Count(_ => admission.TryEnter(A) == DisconnectReason.None);
        Assert.That(admitted, Is.EqualTo(4));
        Assert.That(admission.TryEnter(A), Is.EqualTo(DisconnectReason.TooManyConnectionsFromSource));
    }
}

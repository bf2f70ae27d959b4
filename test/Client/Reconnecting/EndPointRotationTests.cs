using System.Net;
using System.Net.Sockets;

namespace Frontier.Client.Tests;

public sealed class EndPointRotationTests
{
    private static readonly IPAddress[] Three = [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"), IPAddress.Parse("::2")];

    [Test]
    public async Task A_name_gives_all_its_addresses_of_the_family()
    {
        var rotation = new EndPointRotation([new DnsEndPoint("gateways", 7), new IPEndPoint(Three[0], 7), new IPEndPoint(Three[0], 8)], (_, _) => Task.FromResult(Three));
        Assert.That(
            await rotation.NextRoundAsync(AddressFamily.InterNetwork, CancellationToken.None),
            Is.EquivalentTo(new[] { new IPEndPoint(Three[0], 7), new IPEndPoint(Three[0], 8), new IPEndPoint(Three[1], 7) }));
        Assert.That(await rotation.NextRoundAsync(null, CancellationToken.None), Has.Count.EqualTo(4));
    }

    [Test]
    public async Task The_address_that_was_left_comes_last_and_each_comes_first_at_times()
    {
        var rotation = new EndPointRotation([.. Three.Select(address => new IPEndPoint(address, 1))], (_, _) => throw new InvalidOperationException());
        rotation.Last = new IPEndPoint(Three[1], 1);
        var first = new HashSet<EndPoint>();
        for (var i = 0; i < 200; i++)
        {
            var round = await rotation.NextRoundAsync(null, CancellationToken.None);
            Assert.That(round[^1], Is.EqualTo(rotation.Last));
            first.Add(round[0]);
        }

        Assert.That(first, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_name_that_cannot_be_looked_up_does_not_keep_others_from_being_tried()
    {
        var rotation = new EndPointRotation(
            [new DnsEndPoint("gone", 1), new DnsEndPoint("here", 1)],
            (name, _) => name == "gone" ? throw new SocketException((int)SocketError.HostNotFound) : Task.FromResult(Three[..1]));
        Assert.That(await rotation.NextRoundAsync(null, CancellationToken.None), Is.EqualTo(new[] { new IPEndPoint(Three[0], 1) }));
        var none = new EndPointRotation([new DnsEndPoint("gone", 1)], (_, _) => throw new SocketException((int)SocketError.HostNotFound));
        var error = await Assert.ThrowsAsync<FrontierException>(() => none.NextRoundAsync(null, CancellationToken.None));
        Assert.That((error!.Code, error.IsRetryable), Is.EqualTo((FrontierErrorCode.ConnectionLost, true)));
    }
}

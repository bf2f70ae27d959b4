using static Frontier.Grains.Tests.FrontierCluster;

namespace Frontier.Grains.Tests.Services;

/// <summary>One service connection's identity; what it shares with edges is tested there.</summary>
[TestFixture]
internal sealed class ServiceGrainTests
{
    [Test]
    public async Task Service_is_reached_from_any_process()
    {
        var serviceId = NextId();
        var link = await GatewayA.LogInServiceAsync(serviceId);

        var result = await Elsewhere.GetService(serviceId).CallAsync(new CallRequest("charge", new byte[] { 1 }, new byte[] { 2 }));
        await GatewayB.Grains.GetService(serviceId).PublishAsync(new MessageRequest("invoices", new byte[] { 3 }));

        Assert.That(result.Payload.ToArray(), Is.EqualTo(new byte[] { 1 }));
        Assert.That(link.Calls.Single().Custom.ToArray(), Is.EqualTo(new byte[] { 2 }));
        Assert.That(link.Messages.Single().Topic, Is.EqualTo("invoices"));
    }

    [Test]
    public async Task Description_tells_what_the_gateway_knows()
    {
        var serviceId = NextId();
        var link = await GatewayA.LogInServiceAsync(serviceId);

        var description = await Elsewhere.GetService(serviceId).DescribeAsync();

        Assert.That(description?.ServiceId, Is.EqualTo(serviceId));
        Assert.That(description?.Epoch, Is.EqualTo(link.Epoch));
        Assert.That(description?.Name, Is.EqualTo("billing"));
        Assert.That(description?.Topics, Is.EqualTo(new[] { "invoices" }));
        Assert.That(await Elsewhere.GetService(NextId()).DescribeAsync(), Is.Null);
    }

    [Test]
    public async Task Service_that_takes_the_id_of_another_closes_it_on_whatever_gateway_it_is()
    {
        var serviceId = NextId();
        var older = await GatewayA.LogInServiceAsync(serviceId);

        var newer = await GatewayB.LogInServiceAsync(serviceId);

        Assert.That(older.Closes, Is.EqualTo(new[] { SessionCloseReason.Superseded }));
        Assert.That((await Elsewhere.GetService(serviceId).DescribeAsync())?.GatewayId, Is.EqualTo("gateway-b"));
        Assert.That(newer.Epoch, Is.GreaterThan(older.Epoch));
    }

    [Test]
    public async Task Service_that_is_offline_has_an_error_of_its_own_and_nothing_to_kick()
    {
        var service = Elsewhere.GetService(NextId());

        var error = await Assert.ThrowsAsync<FrontierException>(() => service.CallAsync(new CallRequest("charge", default)));

        Assert.That((error!.Code, error.Message), Is.EqualTo((FrontierErrorCode.ServiceNotOnline, "service not online")));
        Assert.That(await service.KickAsync(), Is.False);
    }

    [Test]
    public async Task Kick_closes_the_session()
    {
        var serviceId = NextId();
        var link = await GatewayA.LogInServiceAsync(serviceId);

        Assert.That(await Elsewhere.GetService(serviceId).KickAsync(), Is.True);

        Assert.That(link.Closes, Is.EqualTo(new[] { SessionCloseReason.Kicked }));
    }
}

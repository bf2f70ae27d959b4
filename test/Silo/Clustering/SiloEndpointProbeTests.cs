using System.Net;
using System.Net.Sockets;

namespace Frontier.Silo.Tests;

public sealed class SiloEndpointProbeTests
{
    [Test]
    public async Task A_port_that_listens_is_told_from_one_that_refuses()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endPoint = (IPEndPoint)listener.LocalEndpoint;
        var listening = await SiloEndpointProbe.LookAtAsync(endPoint, default);
        listener.Stop();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(listening, Is.EqualTo(SiloSight.Listening));
            Assert.That(await SiloEndpointProbe.LookAtAsync(endPoint, default), Is.EqualTo(SiloSight.Refused));
        }
    }
}

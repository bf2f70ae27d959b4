using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Frontier.ControlPlane.Tests.Support;
using Frontier.Frontlas.V1;
using Frontier.Gateway;
using Frontier.Protocol;
using Frontier.Vectors;

namespace Frontier.ControlPlane.Tests;

/// <summary>What a frontier of the original really sent to its Frontlas, sent to ours.</summary>
public sealed class FrontierPlaneRecordingTests
{
    private const int HeaderLength = 14;

    [Test]
    public async Task A_frontier_of_the_original_is_served_as_it_was_recorded()
    {
        await using var frontier = await TestFrontier.StartAsync(("frontier_plane:listen:addr", "127.0.0.1:0"));
        var facade = new ClusterService.ClusterServiceClient(frontier.Channel(FrontierEndpoints.Frontlas));
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, frontier.Endpoints.PortOf(FrontierEndpoints.FrontierPlane));
        var stream = tcp.GetStream();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        HashSet<ulong> edges = [];
        HashSet<ulong> services = [];
        var requests = 0;
        foreach (var recorded in RecordedConversation.Load("frontlas_frontierbound").Packets.Where(packet => packet is { Listener: "frontlas", FromPeer: true, Type: not "register_ack" }))
        {
            await stream.WriteAsync(recorded.Bytes, limit.Token);
            var answer = await AnswerAsync(stream, PacketIdOf(recorded.Bytes), limit.Token);
            switch (recorded.Type)
            {
                case "conn":
                    Assert.That(answer.Type, Is.EqualTo(FrameType.ConnAck));
                    Assert.That(answer.Body[0], Is.Zero, "no error");
                    break;

                case "heartbeat":
                    Assert.That(answer.Type, Is.EqualTo(FrameType.HeartbeatAck));
                    break;

                case "request":
                    requests++;
                    Assert.That(answer.Type, Is.EqualTo(FrameType.Response));
                    var (method, report) = Apply(recorded.Bytes, edges, services);
                    using (var body = JsonDocument.Parse(answer.Body.AsMemory(sizeof(ulong))))
                    {
                        Assert.That(body.RootElement.GetProperty("key").GetBytesFromBase64(), Is.EqualTo(System.Text.Encoding.UTF8.GetBytes(method)));
                        Assert.That(body.RootElement.TryGetProperty("error", out _), Is.False, $"{method} {report}");
                    }

                    using (Assert.EnterMultipleScope())
                    {
                        Assert.That((await facade.GetEdgesCountAsync(new GetEdgesCountRequest())).Count, Is.EqualTo((ulong)edges.Count), $"after {method} {report}");
                        Assert.That((await facade.GetServicesCountAsync(new GetServicesCountRequest())).Count, Is.EqualTo((ulong)services.Count), $"after {method} {report}");
                    }

                    break;

                default:
                    Assert.Fail($"a {recorded.Type} of the recording is not expected here");
                    break;
            }
        }

        Assert.That(requests, Is.GreaterThan(10));
        var listed = await facade.ListFrontiersAsync(new ListFrontiersRequest());
        var original = listed.Frontiers.Single(item => item.FrontierId == "frontier01");
        Assert.That((original.AdvertisedSbAddr, original.AdvertisedEbAddr), Is.EqualTo(("127.0.0.1:30011", "127.0.0.1:30012")));
    }

    private static ulong PacketIdOf(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt64BigEndian(frame[2..]);

    // What the report means for the counts.
    private static (string Method, string Report) Apply(ReadOnlySpan<byte> frame, HashSet<ulong> edges, HashSet<ulong> services)
    {
        using var body = JsonDocument.Parse(frame[(HeaderLength + sizeof(ulong))..].ToArray());
        var method = System.Text.Encoding.UTF8.GetString(body.RootElement.GetProperty("key").GetBytesFromBase64());
        using var report = JsonDocument.Parse(body.RootElement.GetProperty("value").GetBytesFromBase64());
        switch (method)
        {
            case "edge_online":
                edges.Add(report.RootElement.GetProperty("edge_id").GetUInt64());
                break;
            case "edge_offline":
                edges.Remove(report.RootElement.GetProperty("edge_id").GetUInt64());
                break;
            case "service_online":
                services.Add(report.RootElement.GetProperty("service_id").GetUInt64());
                break;
            case "service_offline":
                services.Remove(report.RootElement.GetProperty("service_id").GetUInt64());
                break;
            default:
                break;
        }

        return (method, report.RootElement.GetRawText());
    }

    // The frame with this packet id; what the other side registers meanwhile is acknowledged, as the original does.
    private static async Task<(FrameType Type, byte[] Body)> AnswerAsync(NetworkStream stream, ulong packetId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var header = new byte[HeaderLength];
            await stream.ReadExactlyAsync(header, cancellationToken);
            var body = new byte[BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(10))];
            await stream.ReadExactlyAsync(body, cancellationToken);
            if (PacketIdOf(header) == packetId)
            {
                return ((FrameType)header[1], body);
            }

            Assert.That((FrameType)header[1], Is.EqualTo(FrameType.Register), "nothing else comes unasked");
            byte[] acknowledged = [header[0], (byte)FrameType.RegisterAck, .. header[2..10], 0, 0, 0, 10, .. body[..sizeof(ulong)], .. "{}"u8];
            await stream.WriteAsync(acknowledged, cancellationToken);
        }
    }
}

using Frontier.Protocol;

namespace Frontier.Client.Tests;

/// <summary>What the SDK makes of the extension beyond other bodies.</summary>
public sealed class ExtensionTests
{
    private static ConnectionOptions Extended => new() { Features = PeerFeatures.All };

    [Test]
    public async Task The_number_of_an_error_counts_and_not_its_text()
    {
        await using var gateway = new TestGateway
        {
            Options = Extended,
            OnRequest = (end, request) => end.Answer(request, error: "edge not online", code: int.Parse(request.Method, System.Globalization.CultureInfo.InvariantCulture)),
        };
        var (edge, _) = await gateway.ConnectEdgeAsync();
        await using var _2 = edge;
        foreach (var (number, code) in new[]
        {
            (0, FrontierErrorCode.Unknown), (8, FrontierErrorCode.RateLimited), (1, FrontierErrorCode.EdgeNotOnline), (99_999, FrontierErrorCode.Unknown),
        })
        {
            var error = await Assert.ThrowsAsync<FrontierException>(
                () => edge.CallAsync(number.ToString(System.Globalization.CultureInfo.InvariantCulture), default).InTime());
            Assert.That((error!.Code, error.Message), Is.EqualTo((code, "edge not online")));
        }
    }

    [Test]
    public async Task A_gateway_that_says_no_numbers_is_understood_by_its_texts()
    {
        await using var gateway = new TestGateway
        {
            Options = new ConnectionOptions { Features = PeerFeatures.BinaryBodies },
            OnRequest = (end, request) => end.Answer(request, error: "edge not online", code: 8),
        };
        var (edge, _) = await gateway.ConnectEdgeAsync();
        await using var _2 = edge;
        var error = await Assert.ThrowsAsync<FrontierException>(() => edge.CallAsync("m", default).InTime());
        Assert.That(error!.Code, Is.EqualTo(FrontierErrorCode.EdgeNotOnline));
    }

    [TestCase(null, FrontierErrorCode.Refused)]
    [TestCase(7, FrontierErrorCode.Refused)]
    [TestCase(11, FrontierErrorCode.GatewayDraining)]
    public async Task A_refused_login_has_the_number_that_the_gateway_said(int? number, FrontierErrorCode code)
    {
        await using var gateway = new TestGateway { Options = Extended, Login = TestLogin.Refuse, RefusalText = "not now", RefusalCode = number };
        var error = await Assert.ThrowsAsync<FrontierException>(() => FrontierEdge.ConnectAsync(gateway.EdgeOptions).InTime());
        Assert.That((error!.Code, error.Message), Is.EqualTo((code, "not now")));
    }

    [Test]
    public async Task An_end_that_is_asked_to_move_learns_how_long_it_has_and_what_to_show()
    {
        await using var gateway = new TestGateway { Options = Extended };
        var (edge, end) = await gateway.ConnectEdgeAsync(options => options with { Features = PeerFeatures.All });
        await using var _ = edge;
        Assert.That(edge.Connection.MoveRequested.IsCompleted, Is.False);
        Assert.That(end.AskToMove(TimeSpan.FromSeconds(7), [1, 2, 3]));
        var move = await edge.Connection.MoveRequested.InTime();
        Assert.That((move.Patience, move.Token.ToArray()), Is.EqualTo((TimeSpan.FromSeconds(7), new byte[] { 1, 2, 3 })));

        var (moved, there) = await gateway.ConnectEdgeAsync(options => options with { Id = edge.EdgeId, MoveToken = move.Token });
        await using var _2 = moved;
        Assert.That((there.WantedId, there.MoveToken), Is.EqualTo((edge.EdgeId, new byte[] { 1, 2, 3 })));
    }

    [Test]
    public async Task An_end_that_has_not_announced_it_is_not_asked_to_move()
    {
        await using var gateway = new TestGateway { Options = Extended };
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        Assert.That(end.AskToMove(TimeSpan.FromSeconds(7), [1]), Is.False);
    }

    [Test]
    public async Task A_stream_that_is_not_read_holds_up_nothing_else()
    {
        await using var gateway = new TestGateway { Options = Extended };
        var (edge, end) = await gateway.ConnectEdgeAsync();
        await using var _ = edge;
        await using var unread = await edge.OpenStreamAsync("unread").InTime();
        await using var read = await edge.OpenStreamAsync("read").InTime();
        var full = end.Streams.Single(stream => stream.Peer == "unread");
        while (end.CanSendStream(full.Session!))
        {
            await end.SendAsync(full, new byte[10_000]);
        }

        var data = new byte[2_000_000];
        Random.Shared.NextBytes(data);
        var sending = end.SendAsync(end.Streams.Single(stream => stream.Peer == "read"), data);
        var received = new byte[data.Length];
        await read.ReadExactlyAsync(received).InTime();
        await sending.InTime();
        Assert.That(received, Is.EqualTo(data));
        Assert.That(end.CanSendStream(full.Session!), Is.False);
    }
}

using Frontier.EndToEnd.Tests.Support;
using Frontier.Vectors;

namespace Frontier.EndToEnd.Tests.Recordings;

/// <summary>What Go edges and Go services did with the original, they do with this gateway and get the same.</summary>
public sealed class ReplayTests
{
    private TestGateway _gateway = null!;

    // A conversation between the original and its Frontlas: no edge and no service takes part.
    private static IEnumerable<string> Recordings => RecordedConversation.Names.Where(name => name != "frontlas_frontierbound");

    [OneTimeSetUp]
    public async Task Start() => _gateway = await TestGateway.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [TestCaseSource(nameof(Recordings))]
    public async Task A_recorded_conversation_goes_the_same_way_with_this_gateway(string recording)
    {
        var errors = _gateway.Log.Errors.Count;
        await using var replay = new Replay(_gateway, RecordedConversation.Load(recording));
        await replay.RunAsync();
        Assert.That(_gateway.Log.Errors, Has.Count.EqualTo(errors), string.Join('\n', _gateway.Log.Errors));
    }
}

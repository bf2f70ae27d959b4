using Frontier.EndToEnd.Tests.Support;

namespace Frontier.EndToEnd.Tests.Extension;

/// <summary>The gateway of the fixtures in this namespace: with all its defaults.</summary>
[SetUpFixture]
public sealed class SharedGateway
{
    internal static TestGateway Gateway { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task Start() => Gateway = await TestGateway.StartAsync();

    [OneTimeTearDown]
    public async Task Stop()
    {
        Assert.That(Gateway.Log.Errors, Is.Empty, string.Join('\n', Gateway.Log.Errors));
        await Gateway.DisposeAsync();
    }
}

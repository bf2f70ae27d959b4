using Frontier.Client;

namespace Frontier.Sdk.Tests;

/// <summary>What a call costs the garbage collector, both SDK ends and the gateway between them together, since all are in this process.</summary>
[NonParallelizable]
public sealed class AllocationTests
{
#if DEBUG
    // Without optimization every asynchronous method allocates its state.
    private const int AllowedBytes = 2048;
#else
    // The goal for one SDK end.
    private const int AllowedBytes = 1024;
#endif

    [Test]
    public async Task A_call_allocates_at_most_a_kibibyte_at_each_end()
    {
        await using var gateway = await LiveGateway.StartAsync();
        await using var service = await FrontierService.ConnectAsync(gateway.ServiceOptions with { Methods = Support.EchoMethod });
        await using var edge = await FrontierEdge.ConnectAsync(gateway.EdgeOptions);
        var payload = new byte[128];
        var least = double.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            least = Math.Min(least, await MeasureAsync(2000));
        }

        TestContext.Out.WriteLine($"{least:0} bytes per call, both ends and the gateway");
        Assert.That(least, Is.LessThanOrEqualTo(2 * AllowedBytes));

        async Task<double> MeasureAsync(int calls)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            for (var i = 0; i < calls; i++)
            {
                await edge.CallAsync("echo", payload);
            }

            return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)calls;
        }
    }
}

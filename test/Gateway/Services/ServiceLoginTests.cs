using System.Reflection;
using Frontier.Benchmarks;
using Frontier.GrainInterfaces;
using Frontier.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Frontier.Gateway.Tests;

/// <summary>A service's id while its session logs in.</summary>
public class ServiceLoginTests
{
    [Test]
    public async Task A_newer_session_finds_and_closes_a_service_session_that_has_claimed_the_id_and_is_not_in_the_catalog_yet()
    {
        var grains = HeldUpGrains.Create(out var hold);
        await using var provider = CreateGateway(grains);
        var connections = provider.GetRequiredService<ILocalConnections>();
        var service = new PeerEnd("service");
        var session = provider.GetRequiredService<ServiceConnectionHandler>().OnConnectedAsync(service.Context);
        service.Write(FrameTemplates.Conn("""{"service":"billing"}"""), service.NextPacketId());
        service.Flush();
        var id = await hold.Asked.Task.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.That(connections.FindService(id), Is.Null, "it is not in the catalog");
        var link = connections.FindService(id, HeldUpGrains.Epoch);
        Assert.That(link, Is.Not.Null, "it is found by the epoch that it was given");
        Assert.That(connections.FindService(id, HeldUpGrains.Epoch + 1), Is.Null);
        link!.Close(SessionCloseReason.Superseded);

        hold.Answer.SetResult(SessionStanding.Held); // Said before the newer session came.
        service.Close();
        await session.WaitAsync(TimeSpan.FromSeconds(30));
        await provider.GetRequiredService<BackgroundWork>().WhenIdleAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(() => connections.FindService(id), Is.Null.After(30_000, 50));
        Assert.That(connections.FindService(id, HeldUpGrains.Epoch), Is.Null);
    }

    [Test]
    public async Task A_service_session_that_was_superseded_before_it_could_be_found_is_turned_away()
    {
        var grains = HeldUpGrains.Create(out var hold);
        await using var provider = CreateGateway(grains);
        var service = new PeerEnd("service");
        var session = provider.GetRequiredService<ServiceConnectionHandler>().OnConnectedAsync(service.Context);
        service.Write(FrameTemplates.Conn("""{"service":"billing"}"""), service.NextPacketId());
        service.Flush();
        await hold.Asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        hold.Answer.SetResult(SessionStanding.Superseded);

        var isAccepted = true;
        service.Read(1, (in Frame frame) => isAccepted = ConnBody.ParseConnAck(System.Buffers.BuffersExtensions.ToArray(frame.Body)).Accepted);
        Assert.That(isAccepted, Is.False);
        service.Close();
        await session.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(provider.GetRequiredService<CatalogReplica>().LocalCount, Is.Zero);
    }

    private static ServiceProvider CreateGateway(IGrainFactory grains)
    {
        var services = new ServiceCollection();
        services.AddLogging().AddMetrics().AddOptions();
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddSingleton(grains);
        services.AddFrontierGateway();
        services.AddSingleton(new GatewayIdentity("test", null));
        return services.BuildServiceProvider();
    }

    /// <summary>What a test decides of the one login it looks at.</summary>
    internal sealed class Hold
    {
        /// <summary>The id of the service that asks whether it holds its id.</summary>
        public TaskCompletionSource<ulong> Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>What its grain answers.</summary>
        public TaskCompletionSource<SessionStanding> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Grants every claim; the question after it waits for the test.</summary>
    public class HeldUpGrains : DispatchProxy
    {
        internal const long Epoch = 4711;

        private Hold _hold = null!;
        private ulong _key;

        internal static IGrainFactory Create(out Hold hold) => (IGrainFactory)Create(typeof(IGrainFactory), hold = new Hold(), 0);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            ArgumentNullException.ThrowIfNull(targetMethod);
            switch (targetMethod.Name)
            {
                case nameof(IGrainFactory.GetGrain):
                    return Create(targetMethod.ReturnType, _hold, args![0] is long key ? unchecked((ulong)key) : 0);
                case nameof(IServiceGrain.ClaimAsync):
                    return new ValueTask<SessionClaim>(new SessionClaim(Granted: true, Epoch, NeedsConfirm: false));
                case nameof(IServiceGrain.HoldAsync):
                    _hold.Asked.TrySetResult(_key);
                    return new ValueTask<SessionStanding>(_hold.Answer.Task);
                default:
                    return targetMethod.ReturnType == typeof(Task) ? Task.CompletedTask : Activator.CreateInstance(targetMethod.ReturnType);
            }
        }

        private static object Create(Type type, Hold hold, ulong key)
        {
            var proxy = DispatchProxy.Create(type, typeof(HeldUpGrains));
            (((HeldUpGrains)proxy)._hold, ((HeldUpGrains)proxy)._key) = (hold, key);
            return proxy;
        }
    }
}

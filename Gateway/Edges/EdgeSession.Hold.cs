using Frontier.GrainInterfaces;

namespace Frontier.Gateway;

internal sealed partial class EdgeSession : IHeldSession
{
    private volatile bool _loggedIn;

    /// <inheritdoc/>
    public bool IsSettled => _loggedIn && IsOpen && !IsGone;

    /// <inheritdoc/>
    public async Task<bool> AssertAsync(CancellationToken cancellationToken) =>
        await HoldAsync().AsTask().WaitAsync(cancellationToken) || !IsSettled;

    private EdgeRegistration Registration() =>
        new(Gateway.Identity.GatewayId, Address, _meta, ConnectedAt) { Silo = Gateway.Identity.Silo, MoveToken = _shownToken };

    private ValueTask<bool> HoldAsync() => Gateway.Grains.GetEdge(EdgeId).HoldUntilSettledAsync(Registration(), Epoch);
}

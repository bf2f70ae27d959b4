using System.Security.Cryptography;
using Frontier.Protocol;

namespace Frontier.Gateway;

internal abstract partial class PeerSession
{
    // Long enough that nobody guesses it while the gateway drains.
    private const int MoveTokenBytes = 16;

    private byte[]? _moveToken;
    private long _moveUntil;
    private int _movedOn;

    /// <summary>Whether the peer goes to another gateway when it is asked to.</summary>
    public bool CanMove => IsOpen && (PeerFeatures & PeerFeatures.Move) != 0;

    /// <summary>Whether the peer was asked to go to another gateway.</summary>
    public bool IsMoving => MoveToken is not null;

    /// <summary>What the peer was given to show the other gateway; null as long as it was not asked to move.</summary>
    protected byte[]? MoveToken => Volatile.Read(ref _moveToken);

    /// <summary>Asks the peer to go to another gateway. It closes this session when it no longer needs it.</summary>
    /// <param name="time">How long the peer has.</param>
    public void AskToMove(TimeSpan time)
    {
        var token = RandomNumberGenerator.GetBytes(MoveTokenBytes);
        _moveUntil = Environment.TickCount64 + (long)time.TotalMilliseconds;
        Volatile.Write(ref _moveToken, token); // Before the peer can show it.
        if (!TryAskToMove(time, token))
        {
            Volatile.Write(ref _moveToken, null); // It is closing already.
        }
    }

    /// <summary>Completes when a peer that was asked to move has gone, or has had its time.</summary>
    /// <remarks>
    /// A newer session has the peer's id before the peer knows that it is let in there, and has its methods when it has registered them. Until then the peer calls and is
    /// called here, and a session that closed because it is idle would fail that.
    /// </remarks>
    /// <param name="patience">Ends the waiting.</param>
    public async Task WhenMovedAsync(CancellationToken patience)
    {
        for (var left = _moveUntil - Environment.TickCount64; left > 0 && IsOpen && !IsPeerClosing; left = _moveUntil - Environment.TickCount64)
        {
            await WhenClosing().WaitAsync(TimeSpan.FromMilliseconds(left), patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (patience.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Sees the session of a peer that was asked to move to its end; closes it when the peer's time is over and nothing is under way.</summary>
    /// <param name="patience">Ends all waiting: the session is closed at once.</param>
    public Task CloseWhenMovedAsync(CancellationToken patience) => CloseWhenMovedAsync(DisconnectReason.ShuttingDown, patience);

    /// <summary>The peer's newer session has its id.</summary>
    protected virtual void OnMovedOn()
    {
    }

    private void LetGo()
    {
        if (Interlocked.Exchange(ref _movedOn, 1) == 0)
        {
            OnMovedOn();
            _ = CloseWhenMovedAsync(DisconnectReason.Superseded, CancellationToken.None);
        }
    }

    private async Task CloseWhenMovedAsync(DisconnectReason reason, CancellationToken patience)
    {
        await WhenMovedAsync(patience);
        await CloseWhenIdleAsync(reason, patience);
    }
}

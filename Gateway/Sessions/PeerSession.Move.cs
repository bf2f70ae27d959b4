using System.Security.Cryptography;
using Frontier.Protocol;

namespace Frontier.Gateway;

internal abstract partial class PeerSession
{
    // Long enough that nobody guesses it while the gateway drains.
    private const int MoveTokenBytes = 16;

    private static readonly TimeSpan MoveCheck = TimeSpan.FromMilliseconds(50);

    private byte[]? _moveToken;
    private long _moveUntil;
    private int _movedOn;

    /// <summary>Whether the peer goes to another gateway when it is asked to.</summary>
    public bool CanMove => IsOpen && (PeerFeatures & PeerFeatures.Move) != 0;

    /// <summary>Whether the peer was asked to go to another gateway.</summary>
    public bool IsMoving => MoveToken is not null;

    /// <summary>What the peer was given to show the other gateway; null as long as it was not asked to move.</summary>
    protected byte[]? MoveToken => Volatile.Read(ref _moveToken);

    /// <summary>Asks the peer to go to another gateway. Once it is there, nothing new is sent to it here, and the session closes when nothing is under way on it.</summary>
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
    /// <param name="patience">Ends the waiting.</param>
    public async Task WhenMovedAsync(CancellationToken patience)
    {
        while (IsOpen && !IsPeerClosing && Volatile.Read(ref _movedOn) == 0 && Environment.TickCount64 < _moveUntil && !patience.IsCancellationRequested)
        {
            await Task.Delay(MoveCheck, CancellationToken.None);
        }
    }

    /// <summary>Closes the session of a peer that was asked to move when it has gone, or when its time is over and nothing is under way.</summary>
    /// <param name="patience">Ends all waiting: the session is closed at once.</param>
    public async Task CloseWhenMovedAsync(CancellationToken patience)
    {
        await WhenMovedAsync(patience);
        await CloseWhenIdleAsync(DisconnectReason.ShuttingDown, patience);
    }

    // The peer's newer session has its id.
    private void LetGo()
    {
        if (Interlocked.Exchange(ref _movedOn, 1) == 0)
        {
            _ = CloseWhenIdleAsync(DisconnectReason.Superseded, CancellationToken.None, sendNothingNew: true);
        }
    }
}

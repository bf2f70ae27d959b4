namespace Frontier.Protocol;

/// <summary>
/// What the reader of a stream is taken to manage at a peer without <see cref="PeerFeatures.StreamCredit"/>. The SDK of the original keeps 32 frames of a stream
/// that its reader has not taken, drops what comes beyond, and says nothing of either: few and full frames at a steady rate are all that can be done for it.
/// </summary>
public sealed record StreamPacing
{
    /// <summary>
    /// How many full frames of a stream may leave at once before <see cref="FramesPerSecond"/> holds. The less of the 32 places they take, the longer a reader may
    /// pause at any time: 20 places are 300 ms.
    /// </summary>
    public int BurstFrames { get; init; } = 12;

    /// <summary>
    /// How many full frames (64 KiB) of a stream its reader is taken to read in a second; 64 are 4 MiB/s. A reader that is slower loses bytes once it is 32 frames
    /// behind, 2 MiB.
    /// </summary>
    public int FramesPerSecond { get; init; } = 64;

    /// <summary>
    /// How many bytes of a stream its reader is taken to read in a second when the stream ends, in bytes: the end is held back for so long, because the SDK of
    /// the original drops what was not read when it learns of the end.
    /// </summary>
    public int ReadBytesPerSecond { get; init; } = 512 * 1024;
}

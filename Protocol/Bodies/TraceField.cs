using System.Diagnostics;

namespace Frontier.Protocol;

/// <summary>
/// The trace that a call or message belongs to, as binary bodies carry it: <c>traceId(16) spanId(8) flags(1)</c> of the
/// <see href="https://www.w3.org/TR/trace-context/">W3C trace context</see>.
/// </summary>
public static class TraceField
{
    /// <summary>Its bytes.</summary>
    public const int Length = 25;

    private const int SpanAt = 16;
    private const int FlagsAt = 24;

    /// <summary>Writes what a receiver is to continue.</summary>
    /// <param name="activity">The sender's activity; null for none.</param>
    /// <param name="output">Where to, at least <see cref="Length"/> bytes.</param>
    /// <returns>The bytes written: none where there is no activity, or one whose ids are of another form.</returns>
    public static ReadOnlySpan<byte> Write(Activity? activity, Span<byte> output)
    {
        if (activity is not { IdFormat: ActivityIdFormat.W3C })
        {
            return default;
        }

        activity.TraceId.CopyTo(output[..SpanAt]); // They fill what they are given.
        activity.SpanId.CopyTo(output[SpanAt..FlagsAt]);
        output[FlagsAt] = (byte)activity.ActivityTraceFlags;
        return output[..Length];
    }

    /// <summary>The current activity as bytes of their own; empty where there is none.</summary>
    public static ReadOnlyMemory<byte> Capture()
    {
        if (Activity.Current is not { IdFormat: ActivityIdFormat.W3C } activity)
        {
            return default;
        }

        var bytes = new byte[Length];
        Write(activity, bytes);
        return bytes;
    }

    /// <summary>Reads the sender's trace.</summary>
    /// <param name="field">The field; anything but <see cref="Length"/> bytes is no trace, as are ids of zeros.</param>
    /// <returns>The sender's span, to be the parent of the receiver's; default for none.</returns>
    public static ActivityContext Read(ReadOnlySpan<byte> field)
    {
        if (field.Length != Length || !field[..SpanAt].ContainsAnyExcept((byte)0) || !field[SpanAt..FlagsAt].ContainsAnyExcept((byte)0))
        {
            return default;
        }

        return new ActivityContext(
            ActivityTraceId.CreateFromBytes(field[..SpanAt]),
            ActivitySpanId.CreateFromBytes(field[SpanAt..FlagsAt]),
            (ActivityTraceFlags)field[FlagsAt] & ActivityTraceFlags.Recorded,
            isRemote: true);
    }
}

namespace Frontier.Protocol;

/// <summary>Features as they stand in ConnData: names, separated by commas. Names this version does not know are for later ones and passed over.</summary>
internal static class FeatureList
{
    /// <summary>Room for all names.</summary>
    public const int MaxLength = 64;

    private const int Count = 9;

    /// <summary>Reads a list.</summary>
    public static PeerFeatures Parse(ReadOnlySpan<byte> list)
    {
        var features = PeerFeatures.None;
        foreach (var range in list.Split((byte)','))
        {
            for (var i = 0; i < Count; i++)
            {
                if (list[range].SequenceEqual(NameOf(i)))
                {
                    features |= (PeerFeatures)(1 << i);
                }
            }
        }

        return features;
    }

    /// <summary>Writes a list; returns its length.</summary>
    public static int Format(PeerFeatures features, Span<byte> list)
    {
        var length = 0;
        for (var i = 0; i < Count; i++)
        {
            if (((int)features & (1 << i)) == 0)
            {
                continue;
            }

            if (length > 0)
            {
                list[length++] = (byte)',';
            }

            NameOf(i).CopyTo(list[length..]);
            length += NameOf(i).Length;
        }

        return length;
    }

    // In the order of the bits of PeerFeatures.
    private static ReadOnlySpan<byte> NameOf(int bit) => bit switch
    {
        0 => "cancel"u8,
        1 => "credit"u8,
        2 => "binary"u8,
        3 => "errors"u8,
        4 => "move"u8,
        5 => "keep"u8,
        6 => "exactid"u8,
        7 => "abort"u8,
        _ => "remaining"u8,
    };
}

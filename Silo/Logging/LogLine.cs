using System.Collections;
using System.Globalization;

namespace Frontier.Silo;

/// <summary>What a line says, with everything from outside made fit for a log (<see cref="LogText"/>).</summary>
internal sealed class LogLine : IReadOnlyList<KeyValuePair<string, object?>>
{
    private const string Template = "{OriginalFormat}";

    private readonly KeyValuePair<string, object?>[] _values;
    private readonly string _message;

    private LogLine(string message, KeyValuePair<string, object?>[] values)
    {
        _message = message;
        _values = values;
    }

    /// <inheritdoc/>
    public int Count => _values.Length;

    /// <inheritdoc/>
    public KeyValuePair<string, object?> this[int index] => _values[index];

    /// <summary>Makes a line of what was logged.</summary>
    /// <param name="message">The text as the logger's formatter made it.</param>
    /// <param name="state">The values in it.</param>
    public static LogLine From(string message, IReadOnlyList<KeyValuePair<string, object?>>? state)
    {
        var values = state is null || state.Count == 0 ? [] : new KeyValuePair<string, object?>[state.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var (name, value) = state![i];
            values[i] = new(name, value);
            if (name == Template || value is null || value.GetType().IsPrimitive || value is Enum)
            {
                continue; // Ours, or incapable of harm.
            }

            var text = value as string ?? Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            var cleaned = LogText.Value(text);
            if (!ReferenceEquals(cleaned, text))
            {
                values[i] = new(name, cleaned);
                message = message.Replace(text, cleaned, StringComparison.Ordinal);
            }
        }

        return new LogLine(LogText.Text(message), values);
    }

    /// <summary>The exception, unless its text has to be changed: then one with the changed text.</summary>
    public static Exception? Clean(Exception? exception)
    {
        if (exception?.ToString() is not { } text)
        {
            return null;
        }

        var cleaned = LogText.Text(text);
        return ReferenceEquals(cleaned, text) ? exception : new CleanedException(cleaned);
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _values.AsEnumerable().GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => _message;

    private sealed class CleanedException(string text) : Exception
    {
        public override string Message => text;

        public override string ToString() => text;
    }
}

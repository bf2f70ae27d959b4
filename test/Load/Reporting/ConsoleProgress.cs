using System.Diagnostics;

namespace Frontier.Load;

/// <summary>A line on the terminal that is written over; where there is no terminal, a line every few seconds.</summary>
internal sealed class ConsoleProgress(TextWriter output, bool isTerminal) : IProgressLine
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);

    private readonly Stopwatch _sinceLast = new();
    private int _length;

    /// <inheritdoc/>
    public void Show(string text)
    {
        if (isTerminal)
        {
            output.Write($"\r{text.PadRight(_length)}");
            _length = text.Length;
        }
        else if (!_sinceLast.IsRunning || _sinceLast.Elapsed >= PlainInterval)
        {
            output.WriteLine(text);
            _sinceLast.Restart();
        }
    }

    /// <inheritdoc/>
    public void Clear()
    {
        if (isTerminal && _length > 0)
        {
            output.Write($"\r{new string(' ', _length)}\r");
            _length = 0;
        }
    }
}

namespace Frontier.Load.Tests;

/// <summary>Says nothing.</summary>
internal sealed class NoProgress : IProgressLine
{
    public static NoProgress Instance { get; } = new();

    public void Show(string text)
    {
    }

    public void Clear()
    {
    }
}

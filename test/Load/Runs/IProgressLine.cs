namespace Frontier.Load;

/// <summary>Where the tool says how far it is.</summary>
internal interface IProgressLine
{
    /// <summary>Says it.</summary>
    void Show(string text);

    /// <summary>Takes it away, before something that stays is printed.</summary>
    void Clear();
}

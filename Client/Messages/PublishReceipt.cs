namespace Frontier.Client;

/// <summary>What came of a message to an edge that may wait for it.</summary>
/// <param name="Id">
/// The message's id when it waits: what is heard of it later, and what the edge sees as <see cref="FrontierMessage.Id"/>. Empty when the edge has acknowledged it.
/// </param>
public readonly record struct PublishReceipt(string Id)
{
    /// <summary>Whether the message waits for the edge.</summary>
    public bool IsKept => !string.IsNullOrEmpty(Id);
}

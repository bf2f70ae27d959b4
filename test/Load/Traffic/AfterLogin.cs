namespace Frontier.Load;

/// <summary>What a peer does between its login and its work.</summary>
internal enum AfterLogin
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>Registers the method.</summary>
    Register,

    /// <summary>Opens a stream to the service.</summary>
    OpenStream,
}

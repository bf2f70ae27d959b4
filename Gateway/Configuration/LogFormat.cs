namespace Frontier.Gateway;

/// <summary>The form of a log entry.</summary>
public enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One JSON object per line, for programs.</summary>
    Json,
}

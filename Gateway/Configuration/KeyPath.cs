using System.Text;
using Microsoft.Extensions.Configuration;

namespace Frontier.Gateway;

/// <summary>Writes a configuration key as users know it from their file: <c>edgebound.listen.tls.certs[0].cert</c>.</summary>
internal static class KeyPath
{
    /// <summary>The path of a section.</summary>
    public static string Of(IConfigurationSection section) => Of(section.Path);

    /// <summary>The path for a key with colons.</summary>
    public static string Of(string configurationPath)
    {
        var path = new StringBuilder(configurationPath.Length);
        foreach (var part in configurationPath.Split(ConfigurationPath.KeyDelimiter))
        {
            if (path.Length > 0 && part.All(char.IsAsciiDigit))
            {
                path.Append('[').Append(part).Append(']');
            }
            else
            {
                path.Append(path.Length > 0 ? "." : "").Append(part);
            }
        }

        return path.ToString();
    }
}

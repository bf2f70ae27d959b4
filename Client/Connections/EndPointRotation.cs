using System.Net;
using System.Net.Sockets;

namespace Frontier.Client;

/// <summary>
/// The addresses to try, in random order: names looked up each time, every address they have, and the one that was left last at the end.
/// </summary>
/// <param name="endPoints">What the options say.</param>
/// <param name="lookUp">Looks up a name; null to leave that to who connects.</param>
internal sealed class EndPointRotation(IReadOnlyList<EndPoint> endPoints, Func<string, CancellationToken, Task<IPAddress[]>>? lookUp)
{
    /// <summary>The address to try after all others.</summary>
    public EndPoint? Last { get; set; }

    /// <summary>All addresses there are now.</summary>
    /// <param name="family">Only these; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FrontierException">No name could be looked up (ConnectionLost).</exception>
    public async Task<IReadOnlyList<EndPoint>> NextRoundAsync(AddressFamily? family, CancellationToken cancellationToken)
    {
        var found = new List<EndPoint>();
        Exception? failure = null;
        foreach (var endPoint in endPoints)
        {
            if (endPoint is not DnsEndPoint name || lookUp is null)
            {
                found.Add(endPoint);
                continue;
            }

            try
            {
                found.AddRange((await lookUp(name.Host, cancellationToken).ConfigureAwait(false)).Select(address => new IPEndPoint(address, name.Port)));
            }
            catch (SocketException e)
            {
                failure = e;
            }
        }

        var round = found.Where(address => family is null || address is not IPEndPoint || address.AddressFamily == family).Distinct().ToArray();
        if (round.Length == 0)
        {
            var names = string.Join(", ", endPoints.Select(EndPointText.Format));
            throw new FrontierException(FrontierErrorCode.ConnectionLost, $"No address for {names}{(failure is null ? "" : $": {failure.Message}")}", failure);
        }

        Random.Shared.Shuffle(round);
        round = Alternate(round);
        if (Last is { } last && Array.IndexOf(round, last) is >= 0 and var index)
        {
            (round[index], round[^1]) = (round[^1], round[index]);
        }

        return round;
    }

    // One family after the other in turn: where all addresses of one are dead, only every other try is in vain.
    private static EndPoint[] Alternate(EndPoint[] round)
    {
        var first = round.Where(address => address.AddressFamily == round[0].AddressFamily).ToArray();
        var others = round.Where(address => address.AddressFamily != round[0].AddressFamily).ToArray();
        var mixed = new List<EndPoint>(round.Length);
        for (var i = 0; i < Math.Max(first.Length, others.Length); i++)
        {
            mixed.AddRange(first.Skip(i).Take(1));
            mixed.AddRange(others.Skip(i).Take(1));
        }

        return [.. mixed];
    }
}

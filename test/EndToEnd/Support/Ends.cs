using Frontier.Client;
using Frontier.Protocol;

namespace Frontier.EndToEnd.Tests.Support;

/// <summary>Which of the two ends of the SDK speaks the plain protocol and which uses the extension.</summary>
public enum Ends
{
    /// <summary>Both use it.</summary>
    Extended,

    /// <summary>Neither does.</summary>
    Plain,

    /// <summary>Only the service does.</summary>
    PlainEdge,

    /// <summary>Only the edge does.</summary>
    PlainService,
}

/// <summary>A fixture whose tests hold for ends of any kind: what <see cref="Sdk"/> connects in them is of the fixture's kind.</summary>
/// <param name="ends">The kind.</param>
public abstract class EndsFixture(Ends ends)
{
    // What a plain end of the SDK still announces is nothing: a Go end does not either.
    private const PeerFeatures Plain = PeerFeatures.None;

    /// <summary>What edges announce now.</summary>
    internal static PeerFeatures EdgeFeatures { get; private set; } = new FrontierEdgeOptions().Features;

    /// <summary>What services announce now.</summary>
    internal static PeerFeatures ServiceFeatures { get; private set; } = new FrontierEdgeOptions().Features;

    /// <summary>Whether what the caller has no more interest in can be canceled from end to end.</summary>
    protected bool IsExtended => ends == Ends.Extended;

    [SetUp]
    public void ChooseEnds()
    {
        EdgeFeatures = ends is Ends.Plain or Ends.PlainEdge ? Plain : new FrontierEdgeOptions().Features;
        ServiceFeatures = ends is Ends.Plain or Ends.PlainService ? Plain : new FrontierEdgeOptions().Features;
    }

    [TearDown]
    public void ForgetEnds() => EdgeFeatures = ServiceFeatures = new FrontierEdgeOptions().Features;
}

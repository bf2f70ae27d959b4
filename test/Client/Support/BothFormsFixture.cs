using Frontier.Protocol;

namespace Frontier.Client.Tests;

/// <summary>A fixture whose tests hold towards a gateway of the plain protocol as well as towards one that knows the whole extension.</summary>
/// <param name="extended">Which of the two it runs with.</param>
public abstract class BothFormsFixture(bool extended)
{
    protected bool IsExtended => extended;

    [SetUp]
    public void ChooseForm() => TestGateway.DefaultFeatures = extended ? PeerFeatures.All : PeerFeatures.RequestCancel;

    [TearDown]
    public void ForgetForm() => TestGateway.DefaultFeatures = PeerFeatures.RequestCancel;
}

namespace Frontier.Client;

/// <summary>
/// Starts what lives as long as a connection outside the flow of whoever connects, whose activity and other ambient values would otherwise stick to
/// every handler.
/// </summary>
internal readonly struct DetachedFlow : IDisposable
{
    private readonly AsyncFlowControl? _control;

    private DetachedFlow(AsyncFlowControl? control) => _control = control;

    public static DetachedFlow Enter() => new(ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow());

    public void Dispose() => _control?.Dispose();
}

using System.Runtime.InteropServices;

namespace Frontier.Load;

/// <summary>Says what a failed system call means for whoever runs the tool.</summary>
internal static class SocketFailure
{
    private const int NoFilesInSystem = 23;
    private const int NoFilesInProcess = 24;
    private const int AddressInUse = 98;
    private const int AddressNotAvailable = 99;
    private const int ConnectionReset = 104;
    private const int BrokenPipe = 32;
    private const int TimedOut = 110;
    private const int ConnectionRefused = 111;

    /// <summary>One line, the same for the same cause, so that errors can be counted by it.</summary>
    public static string Describe(int error) => error switch
    {
        NoFilesInProcess => "this process has no descriptors left (more --processes, or a higher `ulimit -n`)",
        NoFilesInSystem => "the machine has no descriptors left",
        AddressNotAvailable => "no local ports left for this address, or it is not this machine's (more addresses: --sources)",
        AddressInUse => "the local address is in use",
        ConnectionRefused => "connection refused: nobody listens there",
        ConnectionReset or BrokenPipe => "connection reset by the server",
        TimedOut => "the server did not answer the connect",
        _ => Marshal.GetPInvokeErrorMessage(error),
    };
}

using System.Buffers;
using System.Net;
using System.Text;

namespace Frontier.Gateway.Tests.Hosting;

public class ProxyProtocolTests
{
    private const string V2 = "0d0a0d0a000d0a515549540a";

    [TestCase("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1:56324")]
    [TestCase("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n", "[2001:db8::1]:56324")]
    [TestCase("PROXY UNKNOWN\r\n", null)]
    [TestCase("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", null)]
    public void Version_1_names_the_peer(string header, string? peer) => Check(Encoding.ASCII.GetBytes(header), peer);

    [TestCase("2111000cc0000201c6336401dc0401bb", "192.0.2.1:56324")]
    [TestCase("2111000fc0000201c6336401dc0401bb040000", "192.0.2.1:56324", Description = "with more behind the addresses")]
    [TestCase("2121002420010db800000000000000000000000120010db8000000000000000000000002dc0401bb", "[2001:db8::1]:56324")]
    [TestCase("20000000", null, Description = "a check of the balancer's own")]
    [TestCase("21000000", null, Description = "no address")]
    public void Version_2_names_the_peer(string rest, string? peer) => Check(Convert.FromHexString(V2 + rest), peer);

    [TestCase("GET / HTTP/1.1\r\n")]
    [TestCase("PROXYTCP4 192.0.2.1 198.51.100.1 56324 443\r\n")]
    [TestCase("PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n")]
    [TestCase("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n")]
    [TestCase("PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n")]
    [TestCase("PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n")]
    public void What_is_no_header_of_version_1_is_malformed(string header) => Malformed(Encoding.ASCII.GetBytes(header));

    [Test]
    public void A_header_of_version_1_that_does_not_end_is_malformed() => Malformed(Encoding.ASCII.GetBytes("PROXY TCP4 " + new string('1', 100)));

    [TestCase("3111000cc0000201c6336401dc0401bb", Description = "version 3")]
    [TestCase("2211000cc0000201c6336401dc0401bb", Description = "no such command")]
    [TestCase("21110004c0000201", Description = "addresses that do not fit")]
    [TestCase("2131000cc0000201c6336401dc0401bb", Description = "a Unix socket's")]
    [TestCase("2111ffff", Description = "longer than any")]
    public void What_is_no_header_of_version_2_is_malformed(string rest) => Malformed(Convert.FromHexString(V2 + rest));

    [Test]
    public void Anything_else_is_malformed_at_its_first_byte() => Malformed([1]);

    private static void Check(byte[] header, string? peer)
    {
        for (var i = 0; i < header.Length; i++)
        {
            Assert.That(ProxyProtocol.Parse(new ReadOnlySequence<byte>(header, 0, i), out _, out _), Is.EqualTo(ProxyProtocol.ParseResult.Incomplete), $"{i} bytes");
        }

        Assert.That(ProxyProtocol.Parse(new ReadOnlySequence<byte>([.. header, 1, 2, 3]), out var length, out var found), Is.EqualTo(ProxyProtocol.ParseResult.Done));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(length, Is.EqualTo(header.Length));
            Assert.That(found?.ToString(), Is.EqualTo(peer is null ? null : IPEndPoint.Parse(peer).ToString()));
        }
    }

    private static void Malformed(byte[] header) =>
        Assert.That(ProxyProtocol.Parse(new ReadOnlySequence<byte>(header), out _, out _), Is.EqualTo(ProxyProtocol.ParseResult.Malformed));
}

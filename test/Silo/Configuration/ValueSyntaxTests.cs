using System.Net;
using Frontier.Gateway;

namespace Frontier.Silo.Tests;

public sealed class ValueSyntaxTests
{
    [TestCase("10s", 10_000)]
    [TestCase("1m30s", 90_000)]
    [TestCase("500ms", 500)]
    [TestCase("1.5h", 5_400_000)]
    [TestCase("2h45m", 9_900_000)]
    [TestCase("-3s", -3_000)]
    [TestCase("0", 0)]
    [TestCase("1000us", 1)]
    [TestCase("1000000ns", 1)]
    [TestCase("00:00:10", 10_000)]
    [TestCase("1.00:00:00", 86_400_000)]
    public void Durations_are_read_as_go_and_dotnet_write_them(string text, double milliseconds)
    {
        Assert.That(Duration.TryParse(text, out var duration), Is.True);
        Assert.That(duration.TotalMilliseconds, Is.EqualTo(milliseconds));
    }

    [TestCase("")]
    [TestCase("10")]
    [TestCase("s")]
    [TestCase("10 s")]
    [TestCase("10x")]
    [TestCase("1s2")]
    [TestCase("..s")]
    [TestCase("99999999999999999h")]
    [TestCase("1:2:3:4:5")]
    public void What_is_no_duration_is_refused(string text) => Assert.That(Duration.TryParse(text, out _), Is.False);

    [TestCase("0", 0)]
    [TestCase("10485760", 10_485_760)]
    [TestCase("10_485_760", 10_485_760)]
    [TestCase("0xa00000", 10_485_760)]
    [TestCase("0x2b", 43)]
    [TestCase("1_000KiB", 1_024_000)]
    [TestCase("64KiB", 65_536)]
    [TestCase("64 kib", 65_536)]
    [TestCase("10MiB", 10_485_760)]
    [TestCase("1GiB", 1_073_741_824)]
    [TestCase("1.5KiB", 1_536)]
    [TestCase("5MB", 5_000_000)]
    [TestCase("7B", 7)]
    public void Sizes_are_read_with_and_without_a_unit(string text, int bytes)
    {
        Assert.That(ByteSize.TryParse(text, out var read), Is.True);
        Assert.That(read, Is.EqualTo(bytes));
    }

    [TestCase("")]
    [TestCase("MiB")]
    [TestCase("banana")]
    [TestCase("2GiB")]
    [TestCase("0.3B")]
    [TestCase("99999999999999999999999999999999")]
    public void What_is_no_size_is_refused(string text) => Assert.That(ByteSize.TryParse(text, out _), Is.False);

    [TestCase("0.0.0.0:30011", "0.0.0.0", 30011)]
    [TestCase(":30011", "", 30011)]
    [TestCase("[::]:30011", "::", 30011)]
    [TestCase("127.0.0.1:0", "127.0.0.1", 0)]
    [TestCase("localhost:30011", "localhost", 30011)]
    [TestCase("gate-1.example.com:65535", "gate-1.example.com", 65535)]
    public void Addresses_are_read_as_go_writes_them(string text, string host, int port)
    {
        Assert.That(ListenAddress.TryParse(text, out var address), Is.True);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(address, Is.EqualTo(new ListenAddress(host, port)));
            Assert.That(address.ToString(), Is.EqualTo(text));
        }
    }

    [TestCase("")]
    [TestCase("foo")]
    [TestCase("30011")]
    [TestCase("0.0.0.0")]
    [TestCase("0.0.0.0:")]
    [TestCase("0.0.0.0:-1")]
    [TestCase("0.0.0.0:65536")]
    [TestCase("0.0.0.0:http")]
    [TestCase("::1:30011")]
    [TestCase("127.0.0.256:30011")]
    [TestCase("127.1:30011")]
    [TestCase("[127.0.0.1]:30011")]
    [TestCase("[::1:30011")]
    [TestCase("a b:30011")]
    [TestCase("http://a:30011")]
    public void What_is_no_address_is_refused(string text) => Assert.That(ListenAddress.TryParse(text, out _), Is.False);

    [TestCase("tcp4", "0.0.0.0:1", "0.0.0.0:1")]
    [TestCase("tcp4", ":1", "0.0.0.0:1")]
    [TestCase("tcp", "127.0.0.1:1", "127.0.0.1:1")]
    [TestCase("tcp", "localhost:0", "127.0.0.1:0")]
    [TestCase("tcp4", "localhost:1", "127.0.0.1:1")]
    [TestCase("tcp6", "localhost:1", "[::1]:1")]
    public void An_address_becomes_the_endpoints_to_bind(string network, string text, string endpoint)
    {
        Assert.That(ListenAddress.TryParse(text, out var address), Is.True);
        Assert.That(address.Resolve(network), Is.EqualTo(new[] { IPEndPoint.Parse(endpoint) }));
    }

    [TestCase("100000", 100_000)]
    [TestCase("100_000", 100_000)]
    [TestCase("0x2b67", 0x2b67)]
    [TestCase("0o17", 15)]
    [TestCase("0b101", 5)]
    [TestCase("-1", -1)]
    [TestCase("0", 0)]
    [TestCase("2147483647", int.MaxValue)]
    public void Numbers_are_read_as_YAML_writes_them(string text, int number)
    {
        Assert.That(YamlNumber.TryParse(text, out var read), Is.True);
        Assert.That(read, Is.EqualTo(number));
    }

    [TestCase("")]
    [TestCase("_1")]
    [TestCase("1_")]
    [TestCase("017")]
    [TestCase("0o8")]
    [TestCase("0x")]
    [TestCase("1e3")]
    [TestCase("2147483648")]
    [TestCase("0xffffffffffffffffffff")]
    public void What_is_no_whole_number_or_could_be_two_is_refused(string text) => Assert.That(YamlNumber.TryParse(text, out _), Is.False);
}

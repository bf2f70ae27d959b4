using System.Buffers.Binary;
using CsCheck;
using Frontier.Protocol.Tests.Support;

namespace Frontier.Protocol.Tests.Bodies;

[TestFixture]
public sealed class Base64TextTests
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    private static readonly Gen<byte[]> Bytes = Gen.Byte.Array[0, 50];

    [Test]
    public void Encoding_and_decoding_agree_with_the_framework() =>
        Bytes.Sample(
            bytes =>
            {
                var text = Base64Text.Encode(bytes);
                Assert.That(Wire.Text(text), Is.EqualTo(Convert.ToBase64String(bytes)));
                Assert.That(Base64Text.GetEncodedLength(bytes.Length), Is.EqualTo(text.Length));
                Assert.That(Base64Text.GetDecodedLength(text), Is.EqualTo(bytes.Length));
                Assert.That(Base64Text.IsValid(text));
                Assert.That(Base64Text.Decode(text), Is.EqualTo(bytes));
            },
            iter: 2000);

    [Test]
    public void Appending_an_id_is_the_same_as_decoding_appending_and_encoding() =>
        Gen.Select(Bytes, Gen.ULong).Sample(
            (bytes, id) =>
            {
                var text = Base64Text.Encode(bytes);
                var tail = new byte[Base64Text.MaxTailLength];
                var length = Base64Text.AppendId(text, id, tail, out var keep);
                Assert.That(Wire.Text(text.AsSpan(0, keep)) + Wire.Text(tail.AsSpan(0, length)), Is.EqualTo(Convert.ToBase64String([.. bytes, .. Wire.Id(id)])));
            },
            iter: 2000);

    [Test]
    public void Cutting_an_id_off_is_the_same_as_decoding_cutting_and_encoding() =>
        Bytes.Sample(
            bytes =>
            {
                var text = Base64Text.Encode(bytes);
                var tail = new byte[Base64Text.MaxTailLength];
                var cut = Base64Text.TryCutId(text, tail, out var id, out var keep, out var length);
                Assert.That(cut, Is.EqualTo(bytes.Length >= 8));
                if (cut)
                {
                    Assert.That(id, Is.EqualTo(BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(bytes.Length - 8))));
                    Assert.That(Wire.Text(text.AsSpan(0, keep)) + Wire.Text(tail.AsSpan(0, length)), Is.EqualTo(Convert.ToBase64String(bytes.AsSpan(0, bytes.Length - 8))));
                }
            },
            iter: 2000);

    [Test]
    public void Unused_bits_that_are_set_are_accepted_as_Go_accepts_them() =>
        Gen.Select(Gen.Byte.Array[0, 30], Gen.Int[1, 2], Gen.Int[0, 15], Gen.ULong).Sample(
            (head, rest, bits, id) =>
            {
                // A last group of one or two bytes, whose last character also carries bits that mean nothing.
                byte[] bytes = [.. head[..(head.Length / 3 * 3)], .. new byte[] { 0xa5, 0x5a }.AsSpan(0, rest)];
                var canonical = Convert.ToBase64String(bytes);
                var padding = 3 - rest;
                var last = canonical.Length - padding - 1;
                var unused = rest == 1 ? bits & 15 : bits & 3;
                var text = Wire.Utf8(canonical[..last] + Alphabet[Alphabet.IndexOf(canonical[last], StringComparison.Ordinal) | unused] + canonical[(last + 1)..]);

                Assert.That(Base64Text.IsValid(text));
                Assert.That(Base64Text.GetDecodedLength(text), Is.EqualTo(bytes.Length));
                Assert.That(Base64Text.Decode(text), Is.EqualTo(bytes));

                var tail = new byte[Base64Text.MaxTailLength];
                var length = Base64Text.AppendId(text, id, tail, out var keep);
                Assert.That(Wire.Text(text.AsSpan(0, keep)) + Wire.Text(tail.AsSpan(0, length)), Is.EqualTo(Convert.ToBase64String([.. bytes, .. Wire.Id(id)])));
                if (bytes.Length >= 8)
                {
                    Assert.That(Base64Text.TryCutId(text, tail, out var cut, out keep, out length));
                    Assert.That(cut, Is.EqualTo(BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(bytes.Length - 8))));
                    Assert.That(Wire.Text(text.AsSpan(0, keep)) + Wire.Text(tail.AsSpan(0, length)), Is.EqualTo(Convert.ToBase64String(bytes.AsSpan(0, bytes.Length - 8))));
                }
            },
            iter: 2000);

    [Test]
    public void Only_the_alphabet_in_whole_groups_with_padding_at_the_end_is_valid() =>
        Gen.Int[0, Alphabet.Length + 3].Select(i => (Alphabet + "==-\n")[i]).Array[0, 12].Sample(
            chars =>
            {
                var text = new string(chars);
                var body = text.EndsWith("==", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('=') ? text[..^1] : text;
                var expected = text.Length % 4 == 0 && body.All(c => Alphabet.Contains(c, StringComparison.Ordinal));
                Assert.That(Base64Text.IsValid(Wire.Utf8(text)), Is.EqualTo(expected), text);
            },
            iter: 5000);
}

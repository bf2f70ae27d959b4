using System.Text;

namespace Frontier.Gateway.Tests;

public class KeyCacheTests
{
    [Test]
    public void A_name_is_kept_once()
    {
        var keys = new KeyCache(maxNameBytes: 64);

        var first = keys.Get("ZWNobw=="u8);

        Assert.That(first, Is.EqualTo("ZWNobw=="u8.ToArray()));
        Assert.That(keys.Get("ZWNobw=="u8), Is.SameAs(first));
        Assert.That(keys.Get(default), Is.Empty);
    }

    [Test]
    public void Names_that_a_peer_invents_do_not_make_it_grow_without_bound()
    {
        var keys = new KeyCache(maxNameBytes: 64);
        for (var i = 0; i < 10_000; i++)
        {
            keys.Get(Encoding.ASCII.GetBytes($"name{i}"));
        }

        var late = "a-late-name"u8.ToArray();
        Assert.That(keys.Get(late), Is.EqualTo(late));
        Assert.That(keys.Get(late), Is.Not.SameAs(keys.Get(late)), "past the bound every use gets its own copy");
        Assert.That(keys.Get("name1"u8), Is.SameAs(keys.Get("name1"u8)));
    }
}

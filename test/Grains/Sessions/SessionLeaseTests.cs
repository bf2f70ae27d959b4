using Frontier.Grains.Sessions;
using Frontier.Grains.Tests.Support;

namespace Frontier.Grains.Tests.Sessions;

/// <summary>Claim, confirm and release, step by step.</summary>
[TestFixture]
internal sealed class SessionLeaseTests
{
    private ManualClock _clock = null!;
    private EpochClock _epochs = null!;
    private SessionLease _lease = null!;

    [SetUp]
    public void Create()
    {
        _clock = new ManualClock();
        _epochs = new EpochClock(_clock);
        _lease = new SessionLease(_clock, _epochs);
    }

    [Test]
    public void Epochs_grow_while_the_clock_stands_still_or_goes_back()
    {
        var first = Claim();
        var second = Claim();
        _clock.Advance(-TimeSpan.FromHours(1));
        var third = Claim();

        Assert.That(second.Epoch, Is.EqualTo(first.Epoch + 1));
        Assert.That(third.Epoch, Is.EqualTo(second.Epoch + 1));
    }

    [Test]
    public void Epochs_of_a_new_lease_are_larger_than_those_of_an_earlier_one()
    {
        var earlier = Claim();
        _lease = new SessionLease(_clock, _epochs);

        Assert.That(Claim().Epoch, Is.GreaterThan(earlier.Epoch));
    }

    [Test]
    public void Claim_to_a_free_id_needs_no_confirm()
    {
        var claim = Claim();

        Assert.That(claim.NeedsConfirm, Is.False);
        Assert.That(_lease.Current?.Epoch, Is.EqualTo(claim.Epoch));
        Assert.That(_lease.TryConfirm(claim.Epoch, out var superseded), Is.True);
        Assert.That(superseded, Is.Null);
    }

    [Test]
    public void Claim_to_a_held_id_changes_nothing_until_confirmed()
    {
        var older = Claim("a");
        var newer = Claim("b");
        Assert.That(newer.NeedsConfirm, Is.True);
        Assert.That(_lease.Current?.Epoch, Is.EqualTo(older.Epoch));

        Assert.That(_lease.TryConfirm(newer.Epoch, out var superseded), Is.True);

        Assert.That(superseded?.Epoch, Is.EqualTo(older.Epoch));
        Assert.That(superseded?.GatewayId, Is.EqualTo("a"));
        Assert.That(_lease.Current?.GatewayId, Is.EqualTo("b"));
    }

    [Test]
    public void Session_is_superseded_only_once()
    {
        Claim();
        var newer = Claim();
        _lease.TryConfirm(newer.Epoch, out _);

        Assert.That(_lease.TryConfirm(newer.Epoch, out var superseded), Is.True);
        Assert.That(superseded, Is.Null);
    }

    [Test]
    public void Newest_of_several_logins_wins_whatever_order_they_end_in()
    {
        Claim();
        var second = Claim();
        var third = Claim();

        Assert.That(_lease.TryConfirm(third.Epoch, out _), Is.True);
        Assert.That(_lease.TryConfirm(second.Epoch, out var superseded), Is.False);
        Assert.That(superseded, Is.Null);
        Assert.That(_lease.Current?.Epoch, Is.EqualTo(third.Epoch));
    }

    [Test]
    public void Older_login_that_ends_first_holds_the_id_until_the_newer_one_ends()
    {
        Claim();
        var second = Claim();
        var third = Claim();

        Assert.That(_lease.TryConfirm(second.Epoch, out _), Is.True);
        Assert.That(_lease.TryConfirm(third.Epoch, out var superseded), Is.True);
        Assert.That(superseded?.Epoch, Is.EqualTo(second.Epoch));
    }

    [Test]
    public void Pending_claim_cannot_win_against_a_newer_one_that_found_the_id_free()
    {
        var first = Claim();
        var second = Claim();
        _lease.Release(first.Epoch);
        var third = Claim();

        Assert.That(third.NeedsConfirm, Is.False);
        Assert.That(_lease.TryConfirm(second.Epoch, out _), Is.False);
        Assert.That(_lease.Current?.Epoch, Is.EqualTo(third.Epoch));
    }

    [Test]
    public void Claim_only_if_offline_is_refused_while_the_id_is_held()
    {
        var held = Claim();

        Assert.That(_lease.Claim("b", null, onlyIfOffline: true).Granted, Is.False);

        _lease.Release(held.Epoch);
        Assert.That(_lease.Claim("b", null, onlyIfOffline: true).Granted, Is.True);
    }

    [Test]
    public void Release_of_any_other_epoch_changes_nothing()
    {
        var older = Claim();
        var newer = Claim();
        _lease.TryConfirm(newer.Epoch, out _);

        _lease.Release(older.Epoch);
        _lease.Release(newer.Epoch + 1);

        Assert.That(_lease.Current?.Epoch, Is.EqualTo(newer.Epoch));
    }

    [Test]
    public void Lease_is_empty_when_the_last_session_and_the_last_claim_are_released()
    {
        var current = Claim();
        var pending = Claim();

        _lease.Release(current.Epoch);
        Assert.That(_lease.IsEmpty, Is.False, "a login is going on");
        _lease.Release(pending.Epoch);

        Assert.That(_lease.IsEmpty, Is.True);
        Assert.That(_lease.TryConfirm(pending.Epoch, out _), Is.False);
    }

    [Test]
    public void Claim_that_is_never_confirmed_or_released_is_forgotten()
    {
        var current = Claim();
        var forgotten = Claim();
        _clock.Advance(SessionLease.PendingLimit + TimeSpan.FromSeconds(1));

        _lease.Release(current.Epoch);

        Assert.That(_lease.IsEmpty, Is.True);
        Assert.That(_lease.TryConfirm(forgotten.Epoch, out _), Is.False);
    }

    [Test]
    public void Session_that_its_gateway_does_not_know_any_more_is_stale()
    {
        var claim = Claim("a");
        _clock.Advance(SessionLease.ListingGrace);

        Assert.That(_lease.DropStale("a", epoch => epoch == claim.Epoch), Is.Null, "known");
        Assert.That(_lease.DropStale("b", _ => false), Is.Null, "another gateway cannot tell");
        Assert.That(_lease.DropStale("a", _ => false)?.Epoch, Is.EqualTo(claim.Epoch));
        Assert.That(_lease.IsEmpty, Is.True);
    }

    [Test]
    public void Session_that_its_gateway_does_not_know_yet_is_not_stale()
    {
        var claim = Claim("a");
        _clock.Advance(SessionLease.ListingGrace - TimeSpan.FromTicks(1));

        Assert.That(_lease.DropStale("a", _ => false), Is.Null);
        Assert.That(_lease.Current?.Epoch, Is.EqualTo(claim.Epoch));
    }

    [Test]
    public void Session_whose_claim_was_forgotten_asserts_itself_and_is_superseded_like_any_other()
    {
        var future = _epochs.Now + 1000;
        Assert.That(_lease.TryHold(future, "a", null, out _), Is.True);

        var newer = Claim("b");

        Assert.That(newer.Epoch, Is.GreaterThan(future));
        Assert.That(_lease.TryConfirm(newer.Epoch, out var superseded), Is.True);
        Assert.That(superseded?.Epoch, Is.EqualTo(future));
    }

    [Test]
    public void Session_asserts_itself_against_older_ones_only()
    {
        var current = Claim("a");

        Assert.That(_lease.TryHold(current.Epoch - 1, "b", null, out _), Is.False);
        Assert.That(_lease.TryHold(current.Epoch, "a", null, out var itself), Is.True);
        Assert.That(itself, Is.Null);
        Assert.That(_lease.TryHold(current.Epoch + 1, "b", null, out var superseded), Is.True);
        Assert.That(superseded?.Epoch, Is.EqualTo(current.Epoch));
        Assert.That(_lease.Current?.GatewayId, Is.EqualTo("b"));
    }

    [Test]
    public void Restored_lease_goes_on_where_the_saved_one_stopped_though_the_clock_is_an_hour_behind_there()
    {
        var current = Claim("a");
        var pending = Claim("b");
        var restored = Behind();

        restored.Restore(_lease.Save());

        Assert.That(restored.Current?.Epoch, Is.EqualTo(current.Epoch));
        Assert.That(restored.Claim("c", null, onlyIfOffline: false).Epoch, Is.GreaterThan(pending.Epoch));
        Assert.That(restored.TryConfirm(pending.Epoch, out var superseded), Is.True);
        Assert.That(superseded?.Epoch, Is.EqualTo(current.Epoch));
    }

    [Test]
    public void Restored_lease_drops_what_is_stale_in_time_though_the_clock_is_an_hour_behind_there()
    {
        var current = Claim("a");
        Claim("b");
        var clock = new ManualClock();
        var restored = Behind(clock);
        restored.Restore(_lease.Save());

        clock.Advance(SessionLease.ListingGrace);
        Assert.That(restored.DropStale("a", _ => false)?.Epoch, Is.EqualTo(current.Epoch));

        clock.Advance(SessionLease.PendingLimit);
        restored.Release(current.Epoch);
        Assert.That(restored.IsEmpty, Is.True);
    }

    private SessionClaim Claim(string gatewayId = "a") => _lease.Claim(gatewayId, null, onlyIfOffline: false);

    private SessionLease Behind(ManualClock? clock = null)
    {
        clock ??= new ManualClock();
        clock.Set(_clock.GetUtcNow() - TimeSpan.FromHours(1));
        return new SessionLease(clock, new EpochClock(clock));
    }
}

using System.Globalization;
using Frontier.Grains.Retention;
using Microsoft.Extensions.Logging;

namespace Frontier.Grains.Mail;

/// <summary>
/// The messages that wait for an edge: delivered in order when it is there, each until its time is over. What became of a message is reported
/// before it is removed, so that a process that dies leaves no sender without an answer. All members are called from the edge's mail grain.
/// </summary>
/// <param name="edgeId">The edge.</param>
/// <param name="keeping">Where and how much.</param>
/// <param name="clock">The time, by which messages expire.</param>
/// <param name="deliver">Delivers a message to the edge; fails with a <see cref="FrontierException"/>.</param>
/// <param name="report">Tells the sender what became of a message, and why; false when nobody could be told.</param>
/// <param name="metrics">Where it is counted.</param>
/// <param name="logger">Where trouble is logged.</param>
/// <param name="plan">Told whenever it changes when <see cref="TickAsync"/> is to be called next.</param>
internal sealed partial class EdgeMailBox(
    ulong edgeId,
    EdgeMailKeeping keeping,
    TimeProvider clock,
    Func<MessageRequest, Task> deliver,
    Func<WaitingMail, EdgeMailOutcome, string, Task<bool>> report,
    RetentionMetrics? metrics,
    ILogger logger,
    Action<DateTimeOffset>? plan = null)
{
    // Large enough that the store does not bound the rate, small enough that few are delivered twice.
    private const int MaxDelivering = 64;

    // Beyond its own time a message stays in the store until its sender has been told; longer than that nobody looks after it.
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    // How long a sender that is away may take to come back and hear that its message expired.
    private static readonly TimeSpan ReportingTime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ReportingInterval = TimeSpan.FromSeconds(5);

    // An edge that did not acknowledge in time is asked again; one that comes is known at once, so one that is away is asked ever more seldom.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestRetryInterval = TimeSpan.FromMinutes(5);

    private readonly string _box = edgeId.ToString(CultureInfo.InvariantCulture);
    private readonly RetentionRule _rule = new("", keeping.LongestLifetime + Grace, keeping.MaxMessages);
    // Without payloads: what it takes to let a message expire and to say so.
    private readonly Dictionary<string, (string Place, WaitingMail Mail)> _waiting = new(StringComparer.Ordinal);
    private readonly MailOutcomes _outcomes = new();
    private DateTimeOffset _nextExpiry = DateTimeOffset.MaxValue;
    private DateTimeOffset _retryAt = DateTimeOffset.MaxValue;
    private TimeSpan _retryInterval = RetryInterval;
    private bool _isKnown;
    private bool _isThere;
    private int _wakes;
    private bool _isWorking;
    private bool _isTicking;
    private bool _deliverWanted;
    private bool _expireWanted;
    private int _appending;
    private long _appended;
    private Task _forgetting = Task.CompletedTask;

    /// <summary>Whether messages may wait. True until the store has said otherwise.</summary>
    public bool HasMessages { get; private set; } = true;

    /// <summary>Whether somebody waits for an outcome.</summary>
    public bool IsAwaited => _outcomes.IsAwaited;

    /// <summary>When <see cref="TickAsync"/> is to be called; at once when that is past.</summary>
    public DateTimeOffset DueAt =>
        !HasMessages ? DateTimeOffset.MaxValue
        : !_isKnown || (!_isWorking && (_expireWanted || _deliverWanted)) ? DateTimeOffset.MinValue
        : _nextExpiry < _retryAt ? _nextExpiry : _retryAt;

    /// <summary>Looks for what was kept before.</summary>
    public async Task LookAsync()
    {
        try
        {
            var before = _appended;
            var entries = await Store.ReadAsync(_rule, _box, _rule.MaxMessages);
            foreach (var entry in entries)
            {
                Note(entry.Place, WaitingMail.FromStored(entry.Message));
            }

            HasMessages = entries.Count > 0 || _appending > 0 || _appended != before;
            _isKnown = true;
        }
        catch (FrontierException error)
        {
            Log.StoreFailed(logger, edgeId, error.InnerException?.Message ?? error.Message); // There may be some: what comes goes behind them.
        }

        plan?.Invoke(DueAt);
    }

    /// <summary>Delivers a message, or keeps it; see <see cref="IEdgeMailGrain.PublishAsync"/>.</summary>
    public async Task<string> PublishAsync(EdgeMail mail)
    {
        if (mail.TimeToLive <= TimeSpan.Zero || mail.TimeToLive > keeping.LongestLifetime)
        {
            throw new FrontierException(
                FrontierErrorCode.Refused,
                string.Create(CultureInfo.InvariantCulture, $"a message to an edge may wait up to {keeping.LongestLifetime:c}, not {mail.TimeToLive:c}"));
        }

        // The id is given before the first delivery, so that an edge that had the message and left, and came again, knows it.
        var waiting = new WaitingMail(Guid.CreateVersion7().ToString("N"), clock.GetUtcNow() + mail.TimeToLive, mail);
        if (!HasMessages)
        {
            try
            {
                await AttemptAsync(waiting);
                return "";
            }
            catch (FrontierException error) when (error.Code is FrontierErrorCode.EdgeNotOnline or FrontierErrorCode.ConnectionLost)
            {
                // It is away, or left with the message.
            }
        }

        await KeepAsync(waiting);
        if (_isThere)
        {
            DeliverAsync().Ignore(); // It has come meanwhile, or gets what is in front of this one just now.
        }

        return waiting.Id;
    }

    /// <summary>The edge is there: delivers what waits. Returns when that is done, or at once when it is under way already.</summary>
    public Task DeliverAsync()
    {
        _wakes++;
        _isThere = true;
        _deliverWanted |= HasMessages;
        _retryInterval = RetryInterval;
        return WorkAsync();
    }

    /// <summary>Does what is due: messages whose time is over, and another try with an edge that did not acknowledge.</summary>
    public async Task TickAsync()
    {
        if (!HasMessages || _isTicking)
        {
            return;
        }

        _isTicking = true;
        try
        {
            if (!_isKnown)
            {
                await LookAsync();
                _deliverWanted |= _isKnown;
            }

            var now = clock.GetUtcNow();
            _expireWanted |= now >= _nextExpiry;
            _deliverWanted |= now >= _retryAt;
            await WorkAsync();
        }
        finally
        {
            _isTicking = false;
            plan?.Invoke(DueAt);
        }
    }

    /// <summary>What became of a message; see <see cref="IEdgeMailGrain.WaitAsync"/>.</summary>
    public async Task<EdgeMailOutcome> WaitAsync(string id)
    {
        if (_outcomes.Find(id) == EdgeMailOutcome.Unknown && (_waiting.ContainsKey(id) || !_isKnown))
        {
            await _outcomes.WaitAsync(id, EdgeMail.LongestWait);
        }

        var outcome = _outcomes.Find(id);
        return outcome == EdgeMailOutcome.Unknown && (_waiting.ContainsKey(id) || !_isKnown) ? EdgeMailOutcome.Waiting : outcome;
    }

    private IMessageStore Store => keeping.Store;

    private async Task AttemptAsync(WaitingMail waiting)
    {
        var wakes = _wakes;
        try
        {
            await deliver(new MessageRequest(waiting.Mail.Topic, waiting.Mail.Payload, waiting.Mail.Custom) { MessageId = waiting.Id });
            _isThere = true;
        }
        catch (FrontierException error) when (error.Code is FrontierErrorCode.EdgeNotOnline or FrontierErrorCode.ConnectionLost)
        {
            _isThere &= wakes != _wakes; // It may have come since.
            throw;
        }
    }

    private void Note(string place, WaitingMail waiting)
    {
        var mail = waiting.Mail with { Topic = "", Payload = default, Custom = default };
        _waiting.TryAdd(waiting.Id, (place, waiting with { Mail = mail }));
        _nextExpiry = waiting.ExpiresAt < _nextExpiry ? waiting.ExpiresAt : _nextExpiry;
    }

    private async Task KeepAsync(WaitingMail waiting)
    {
        HasMessages = true;
        _appending++;
        try
        {
            await _forgetting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            var result = await Store.AppendAsync(_rule, _box, [waiting.ToStored(edgeId)]);
            if (result.Stored == 0)
            {
                throw new FrontierException(result.IsStoreFull ? FrontierErrorCode.StoreFull : FrontierErrorCode.SlowConsumer);
            }

            metrics?.Count(RetentionMetrics.Stored, 1);
            Note(result.LastPlace, waiting);
            _retryAt = _retryAt == DateTimeOffset.MaxValue ? clock.GetUtcNow() + RetryInterval : _retryAt; // Should it come without this being told.
        }
        catch (FrontierException error)
        {
            metrics?.Count(
                error.Code switch
                {
                    FrontierErrorCode.SlowConsumer => RetentionMetrics.Full,
                    FrontierErrorCode.StoreFull => RetentionMetrics.StoreFull,
                    _ => RetentionMetrics.Failed,
                },
                1);
            throw;
        }
        finally
        {
            _appending--;
            _appended++;
            _deliverWanted |= _waiting.Count == 0; // Nothing was stored: so that it is found out that the box is empty.
            plan?.Invoke(DueAt);
        }
    }

    private async Task WorkAsync()
    {
        if (_isWorking)
        {
            return;
        }

        _isWorking = true;
        try
        {
            while (HasMessages && (_expireWanted || _deliverWanted))
            {
                if (_expireWanted)
                {
                    _expireWanted = false;
                    await ExpireAsync();
                    continue;
                }

                _deliverWanted = false;
                _retryAt = clock.GetUtcNow() + _retryInterval;
                while (await DeliverSomeAsync())
                {
                    // Until there is nothing left, or the edge is not there.
                }

                var longer = 2 * _retryInterval;
                _retryInterval = _isThere ? RetryInterval : longer < LongestRetryInterval ? longer : LongestRetryInterval;
            }
        }
#pragma warning disable CA1031 // Whatever failed, what waits is tried again: by its time, or after the interval.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.WorkFailed(logger, edgeId, RetryInterval, error);
            _retryAt = clock.GetUtcNow() + RetryInterval;
        }
        finally
        {
            _isWorking = false;
            plan?.Invoke(DueAt);
        }
    }

    private async Task<bool> DeliverSomeAsync()
    {
        var before = _appended;
        var entries = await Store.ReadAsync(_rule, _box, MaxDelivering);
        if (entries.Count == 0)
        {
            if (_appending == 0 && _appended == before)
            {
                HasMessages = false; // From here on new ones go to the edge again, and none is added before the store has forgotten the box.
                _waiting.Clear();
                _isKnown = true;
                (_nextExpiry, _retryAt) = (DateTimeOffset.MaxValue, DateTimeOffset.MaxValue);
                _forgetting = Store.ForgetAsync(_box);
                await _forgetting;
            }

            return HasMessages && _appended != before;
        }

        var now = clock.GetUtcNow();
        var mails = entries.Select(entry => (entry.Place, Mail: WaitingMail.FromStored(entry.Message))).ToArray();
        var inTime = Array.FindAll(mails, mail => mail.Mail.ExpiresAt > now);
        var isLate = mails.Length != inTime.Length;
        foreach (var (place, mail) in mails)
        {
            Note(place, mail); // Unless it is known: a store that failed when it was added may have it nevertheless.
        }

        _expireWanted |= isLate;
        if (inTime.Length == 0)
        {
            // What stands in front is over and waits only for its sender; behind it there may be others.
            _deliverWanted |= await ExpireAsync() > 0;
            return false;
        }

        // One after the other: calls between processes may overtake each other.
        var done = new List<(string Place, WaitingMail Mail, EdgeMailOutcome Outcome, string Error)>(inTime.Length);
        var isThere = true;
        for (var i = 0; i < inTime.Length && isThere; i++)
        {
            isThere = await TryDeliverAsync(inTime[i], done);
        }

        await FinishAsync(done);
        return isThere;
    }

    private async Task<bool> TryDeliverAsync(
        (string Place, WaitingMail Mail) waiting, List<(string Place, WaitingMail Mail, EdgeMailOutcome Outcome, string Error)> done)
    {
        try
        {
            await AttemptAsync(waiting.Mail);
            done.Add((waiting.Place, waiting.Mail, EdgeMailOutcome.Delivered, ""));
            return true;
        }
        // What the edge will not have must not hold up what is behind it.
        catch (FrontierException error) when (error.Code is FrontierErrorCode.Unknown or FrontierErrorCode.Refused or FrontierErrorCode.TooLarge)
        {
            Log.Refused(logger, edgeId, waiting.Mail.Id, error.Message);
            done.Add((waiting.Place, waiting.Mail, EdgeMailOutcome.Refused, error.Message));
            return true;
        }
        catch (FrontierException error)
        {
            Log.NotDelivered(logger, edgeId, waiting.Mail.Id, error.Message);
            return false;
        }
    }

    // Anywhere in the box: a message behind others may have less time than they. The store is asked for nothing. Returns how many are gone.
    private async Task<int> ExpireAsync()
    {
        _expireWanted = false;
        var now = clock.GetUtcNow();
        var late = _waiting.Values
            .Where(waiting => waiting.Mail.ExpiresAt <= now)
            .Select(waiting => (waiting.Place, waiting.Mail, Outcome: EdgeMailOutcome.Expired, Error: ""))
            .ToList();
        var gone = await FinishAsync(late);
        _nextExpiry = DateTimeOffset.MaxValue;
        foreach (var (_, waiting) in _waiting.Values)
        {
            var due = waiting.ExpiresAt > now ? waiting.ExpiresAt : now + ReportingInterval;
            _nextExpiry = due < _nextExpiry ? due : _nextExpiry;
        }

        // So that it is found out when the box is empty.
        _deliverWanted |= _waiting.Count == 0;
        return gone;
    }

    private async Task<int> FinishAsync(List<(string Place, WaitingMail Mail, EdgeMailOutcome Outcome, string Error)> done)
    {
        if (done.Count == 0)
        {
            return 0;
        }

        var told = await Task.WhenAll(done.Select(item => report(item.Mail, item.Outcome, item.Error)));
        var now = clock.GetUtcNow();
        var places = new List<string>(done.Count);
        for (var i = 0; i < done.Count; i++)
        {
            var (place, mail, outcome, _) = done[i];
            if (!told[i] && outcome == EdgeMailOutcome.Expired && now < mail.ExpiresAt + ReportingTime)
            {
                continue; // Its sender may come back.
            }

            if (!told[i])
            {
                Log.NotReported(logger, edgeId, mail.Id, outcome);
            }

            places.Add(place);
            _waiting.Remove(mail.Id);
            _outcomes.Add(mail.Id, outcome);
            metrics?.Count(ResultOf(outcome), 1);
        }

        if (places.Count > 0)
        {
            try
            {
                await Store.RemoveAsync(_box, places);
            }
            catch (FrontierException)
            {
                done.ForEach(item => Note(item.Place, item.Mail)); // They are there still, and are tried again.
                throw;
            }
        }

        return places.Count;
    }

    private static string ResultOf(EdgeMailOutcome outcome) => outcome switch
    {
        EdgeMailOutcome.Delivered => RetentionMetrics.Delivered,
        EdgeMailOutcome.Expired => RetentionMetrics.Expired,
        _ => RetentionMetrics.Refused,
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Edge {EdgeId}: the messages that wait for it cannot be read or removed: {Error}")]
        public static partial void StoreFailed(ILogger logger, ulong edgeId, string error);

        [LoggerMessage(5, LogLevel.Warning, "Failed to deliver, report or remove messages that wait for edge {EdgeId}; retrying within {Delay}")]
        public static partial void WorkFailed(ILogger logger, ulong edgeId, TimeSpan delay, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "Edge {EdgeId}: message {Id}, which waited for it, was refused and is dropped: {Error}")]
        public static partial void Refused(ILogger logger, ulong edgeId, string id, string error);

        [LoggerMessage(3, LogLevel.Debug, "Edge {EdgeId}: message {Id} could not be delivered and stays: {Error}")]
        public static partial void NotDelivered(ILogger logger, ulong edgeId, string id, string error);

        [LoggerMessage(4, LogLevel.Information, "Edge {EdgeId}: nobody could be told that message {Id} is {Outcome}")]
        public static partial void NotReported(ILogger logger, ulong edgeId, string id, EdgeMailOutcome outcome);
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Frontier.Load;

/// <summary>
/// One thread over epoll: takes what is ready, lets the sockets handle it, then sends for each socket what was gathered, in one call. There is no
/// task, no thread change and no allocation per operation, so that the tool costs little more than the system calls it needs.
/// </summary>
internal sealed unsafe class EventLoop : IDisposable
{
    private const int MaxEvents = 512;

    // What is read in one call: many small frames, or a good part of a large one.
    private const int ReceiveBytes = 256 * 1024;

    // struct epoll_event is packed on x86-64 only.
    private static readonly bool IsPacked = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int EventSize = IsPacked ? 12 : 16;
    private static readonly int DataOffset = IsPacked ? 4 : 8;

    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ILoopTimer> _timers = [];
    private readonly Stack<int> _free = [];
    private readonly byte* _events = (byte*)NativeMemory.AlignedAlloc((nuint)(MaxEvents * 16), 16);
    private readonly int _epoll;
    private readonly int _wake;
    private LoopSocket?[] _sockets = new LoopSocket?[64];
    private uint[] _generations = new uint[64];
    private List<LoopSocket> _dirty = [];
    private List<LoopSocket> _flushing = [];
    private int _used;
    private int _count;
    private bool _isPrecise = true;
    private bool _stopping;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="LoadException">The system has no room for it, or is not Linux.</exception>
    public EventLoop(string name)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new LoadException("the load driver works over epoll and needs Linux");
        }

        _epoll = Native.EpollCreate(0x80000);
        _wake = Native.EventDescriptor(0, Native.NonBlocking);
        if (_epoll < 0 || _wake < 0)
        {
            throw new LoadException($"no event loop: {SocketFailure.Describe(Marshal.GetLastPInvokeError())}");
        }

        Control(Native.ControlAdd, _wake, Native.In, ulong.MaxValue);
        Now = Stopwatch.GetTimestamp();
        new Thread(Run) { Name = name, IsBackground = true }.Start();
    }

    /// <summary>Where everything that arrives is read into.</summary>
    public byte[] ReceiveBuffer { get; } = GC.AllocateUninitializedArray<byte>(ReceiveBytes, pinned: true);

    /// <summary>Arrays for what could not be handled or sent at once.</summary>
    public BufferPool Buffers { get; } = new();

    /// <summary>The time in ticks of <see cref="Stopwatch"/>, taken when the loop woke up and after every read.</summary>
    public long Now { get; private set; }

    /// <summary>Sockets being watched.</summary>
    public int SocketCount => _count;

    /// <summary>Done when the loop has ended; fails with what broke it.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Takes the time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Tick() => Now = Stopwatch.GetTimestamp();

    /// <summary>Runs something on the loop's thread and gives its result.</summary>
    public Task<T> InvokeAsync<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                done.SetResult(action());
            }
            catch (LoadException error)
            {
                done.SetException(error);
            }
        });
        _completion.Task.ContinueWith(
            ended => done.TrySetException(ended.Exception?.InnerException ?? new LoadException("the event loop has ended")),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return done.Task;
    }

    /// <summary>Runs something on the loop's thread.</summary>
    public Task InvokeAsync(Action action) => InvokeAsync(() =>
    {
        action();
        return true;
    });

    /// <summary>Watches a socket; on the loop's thread.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="events">For what.</param>
    public void Add(LoopSocket socket, uint events)
    {
        if (!_free.TryPop(out var index))
        {
            index = _used++;
            if (index == _sockets.Length)
            {
                Array.Resize(ref _sockets, index * 2);
                Array.Resize(ref _generations, index * 2);
            }
        }

        _sockets[index] = socket;
        _count++;
        socket.Index = index;
        Control(Native.ControlAdd, socket.Descriptor, events, DataOf(index));
    }

    /// <summary>Changes what a socket is watched for.</summary>
    public void Change(LoopSocket socket, uint events) => Control(Native.ControlModify, socket.Descriptor, events, DataOf(socket.Index));

    /// <summary>Closes a socket.</summary>
    public void Close(LoopSocket socket, int descriptor)
    {
        if (socket.Index >= 0)
        {
            _sockets[socket.Index] = null;
            _generations[socket.Index]++; // What epoll has already said of it is not for the next one at this place.
            _free.Push(socket.Index);
            _count--;
            socket.Index = -1;
        }

        Native.Close(descriptor);
    }

    /// <summary>Has a socket flushed when everything that is ready has been handled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MarkDirty(LoopSocket socket)
    {
        if (!socket.IsDirty)
        {
            socket.IsDirty = true;
            _dirty.Add(socket);
        }
    }

    /// <summary>Adds a timer; on the loop's thread.</summary>
    public void Add(ILoopTimer timer) => _timers.Add(timer);

    /// <summary>Takes a timer away; on the loop's thread.</summary>
    public void Remove(ILoopTimer timer) => _timers.Remove(timer);

    /// <summary>All sockets being watched; on the loop's thread.</summary>
    public IEnumerable<LoopSocket> Sockets() => _sockets.Take(_used).OfType<LoopSocket>();

    /// <summary>Ends the loop. Its sockets are closed by the system's end of the process or were closed before.</summary>
    public void Dispose()
    {
        if (!_completion.Task.IsCompleted)
        {
            Post(() => _stopping = true);
            try
            {
                _completion.Task.Wait();
            }
            catch (AggregateException)
            {
                // Whoever waits for the completion is told; this is only the end.
            }
        }
    }

    private ulong DataOf(int index) => ((ulong)_generations[index] << 32) | (uint)index;

    private void Post(Action action)
    {
        _posted.Enqueue(action);
        ulong one = 1;
        _ = Native.Write(_wake, (byte*)&one, sizeof(ulong));
    }

    private void Control(int operation, int descriptor, uint events, ulong data)
    {
        var change = stackalloc byte[16];
        *(uint*)change = events;
        *(ulong*)(change + DataOffset) = data;
        if (Native.EpollControl(_epoll, operation, descriptor, change) < 0)
        {
            throw new LoadException($"epoll_ctl failed: {SocketFailure.Describe(Marshal.GetLastPInvokeError())}");
        }
    }

    private void Run()
    {
        // The kernel may otherwise be 50 µs late, which an open-loop run at 10,000 a second would see.
        _ = Native.ProcessControl(Native.SetTimerSlack, 1, 0, 0, 0);
        Exception? failure = null;
        try
        {
            while (!_stopping)
            {
                Step();
            }
        }
#pragma warning disable CA1031 // Whatever it is, whoever waits for the loop must hear of it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            failure = error;
        }

        foreach (var socket in Sockets().ToList())
        {
            Native.Close(socket.Descriptor);
        }

        Native.Close(_epoll);
        Native.Close(_wake);
        NativeMemory.AlignedFree(_events);
        if (failure is null)
        {
            _completion.SetResult();
        }
        else
        {
            _completion.SetException(failure);
        }
    }

    private void Step()
    {
        var count = Wait();
        Tick();
        for (var i = 0; i < count; i++)
        {
            var entry = _events + (i * EventSize);
            var data = *(ulong*)(entry + DataOffset);
            if (data == ulong.MaxValue)
            {
                ulong ignored;
                _ = Native.Read(_wake, (byte*)&ignored, sizeof(ulong));
                continue;
            }

            var index = (int)(uint)data;
            if (_generations[index] == (uint)(data >> 32))
            {
                _sockets[index]?.OnReady(*(uint*)entry);
            }
        }

        while (_posted.TryDequeue(out var action))
        {
            action();
        }

        for (var i = 0; i < _timers.Count; i++)
        {
            if (_timers[i].Due <= Now)
            {
                _timers[i].Fire(Now);
            }
        }

        (_dirty, _flushing) = (_flushing, _dirty);
        foreach (var socket in _flushing)
        {
            socket.IsDirty = false;
            socket.Flush();
        }

        _flushing.Clear();
    }

    private int Wait()
    {
        var wait = _dirty.Count > 0 ? 0 : NextDue();
        int count;
        if (_isPrecise)
        {
            var timeout = new Native.TimeSpec { Seconds = (nint)(wait / 1_000_000_000), Nanoseconds = (nint)(wait % 1_000_000_000) };
            try
            {
                count = Native.EpollWaitPrecisely(_epoll, _events, MaxEvents, &timeout, null);
            }
            catch (EntryPointNotFoundException)
            {
                _isPrecise = false; // A C library before 2021; the open loop is then only as exact as a millisecond.
                return 0;
            }
        }
        else
        {
            count = Native.EpollWait(_epoll, _events, MaxEvents, (int)(wait / 1_000_000));
        }

        if (count >= 0)
        {
            return count;
        }

        switch (Marshal.GetLastPInvokeError())
        {
            case Native.NoSystemCall:
                _isPrecise = false;
                return 0;
            case Native.Interrupted:
                return 0;
            case var error:
                throw new LoadException($"epoll_wait failed: {SocketFailure.Describe(error)}");
        }
    }

    // Nanoseconds until the first timer, at most a second.
    private long NextDue()
    {
        var due = long.MaxValue;
        foreach (var timer in _timers)
        {
            due = Math.Min(due, timer.Due);
        }

        if (due == long.MaxValue)
        {
            return 1_000_000_000;
        }

        var left = Clock.ToNanoseconds(due - Stopwatch.GetTimestamp());
        return Math.Clamp(left, 0, 1_000_000_000);
    }
}

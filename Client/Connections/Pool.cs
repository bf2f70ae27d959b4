using System.Collections.Concurrent;

namespace Frontier.Client;

/// <summary>Objects to use again, for the whole process. Bounded: what is too much goes to the garbage collector.</summary>
/// <typeparam name="T">What is kept.</typeparam>
internal static class Pool<T>
    where T : class, new()
{
    // About as many calls as a busy process has in flight at once.
    private const int Capacity = 1024;

    private static readonly ConcurrentQueue<T> Free = new();
    private static int s_count;

    public static T Rent()
    {
        if (Free.TryDequeue(out var item))
        {
            Interlocked.Decrement(ref s_count);
            return item;
        }

        return new T();
    }

    public static void Return(T item)
    {
        if (Interlocked.Increment(ref s_count) <= Capacity)
        {
            Free.Enqueue(item);
        }
        else
        {
            Interlocked.Decrement(ref s_count);
        }
    }
}

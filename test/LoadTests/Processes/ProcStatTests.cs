using System.Diagnostics;

namespace Frontier.Load.Tests;

public sealed class ProcStatTests
{
    private const string Rest = " S 1 2 2 0 -1 4194304 98 0 0 0 250 150 7 9 20 0 12 0 366190 3133440 358";

    [TestCase("42 (dotnet)")]
    [TestCase("42 (a name) with (parens)")]
    [TestCase("42 (.NET Tiered (1) 99)")]
    public void Cpu_time_is_user_and_system_time_whatever_the_process_is_called(string start) =>
        Assert.That(ProcStat.ParseCpuSeconds(start + Rest, secondsPerTick: 0.01), Is.EqualTo(4).Within(1e-9));

    [Test]
    public void The_machine_is_busy_when_it_neither_idles_nor_waits_for_disks() =>
        Assert.That(
            ProcStat.ParseBusySeconds("cpu  100 20 30 4000 500 6 7 8 90 10\ncpu0 50 10 15 2000 250 3 3 4 45 5\n", secondsPerTick: 0.01),
            Is.EqualTo(1.71).Within(1e-9));

    [Test]
    public void Resident_memory_is_in_bytes() =>
        Assert.That(ProcStat.ParseResidentBytes("Name:\tdotnet\nVmHWM:\t  999999 kB\nVmRSS:\t  123456 kB\nThreads:\t12\n"), Is.EqualTo(123_456L * 1024));

    [Test]
    public void A_process_without_memory_has_none() => Assert.That(ProcStat.ParseResidentBytes("Name:\tgone\nState:\tZ (zombie)\n"), Is.Zero);

    [TestCase("Max open files            20000                20000                files     ", 20_000)]
    [TestCase("Max open files            unlimited            unlimited            files     ", null)]
    public void The_limit_of_descriptors_is_the_soft_one(string line, long? limit) =>
        Assert.That(ProcStat.ParseDescriptorLimit($"Limit   Soft Limit   Hard Limit   Units\n{line}\nMax processes  1  2  processes\n"), Is.EqualTo(limit));

    [Test]
    public void This_process_can_be_read()
    {
        var self = Environment.ProcessId;
        var before = ProcStat.CpuSeconds(self);
        var spin = Stopwatch.GetTimestamp();
        while (ProcStat.CpuSeconds(self) <= before)
        {
            Assert.That(Stopwatch.GetElapsedTime(spin), Is.LessThan(TimeSpan.FromSeconds(60)), "CPU time does not grow");
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(ProcStat.ResidentBytes(self), Is.GreaterThan(10 << 20));
            Assert.That(ProcStat.Descriptors(self)?.Held, Is.GreaterThan(3));
        }
    }

    [Test]
    public void A_process_that_is_not_there_is_named() =>
        Assert.That(() => ProcStat.CpuSeconds(int.MaxValue), Throws.TypeOf<LoadException>().With.Message.Contain($"{int.MaxValue}"));
}

using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Frontier.SdkBenchmarks;

if (args is [FarEnd.Argument])
{
    return await FarEnd.RunAsync();
}

// In this process: a gateway is started beside it for each benchmark, and building a process for each takes longer than measuring.
var config = DefaultConfig.Instance
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
return BenchmarkSwitcher.FromAssembly(typeof(CallBenchmarks).Assembly).Run(args, config).Any() ? 0 : 1;

using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Running;
using Frontier.Benchmarks;

if (args is [ComparisonCommand.Compare or ComparisonCommand.Update, ..])
{
    return await new ComparisonCommand(new BenchmarkCatalog(typeof(Program).Assembly), Console.Out, Console.Error).RunAsync(args);
}

// Each benchmark is built into a process of its own, which takes minutes on a machine that has other things to do.
var config = DefaultConfig.Instance.AddDiagnoser(MemoryDiagnoser.Default).WithBuildTimeout(TimeSpan.FromMinutes(10));
return BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config).Any() ? 0 : 1;

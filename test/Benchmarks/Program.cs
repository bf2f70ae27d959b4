return await Frontier.Benchmarks.BenchmarkCommand.RunAsync(args);

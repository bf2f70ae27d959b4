return await Frontier.Load.LoadCommand.RunAsync(args);

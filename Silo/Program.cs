return await Frontier.Silo.FrontierCommand.RunAsync(args, Console.Out, Console.Error);

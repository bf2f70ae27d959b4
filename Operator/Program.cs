using Frontier.Operator;

return await OperatorCommand.RunAsync(args, Console.Out, Console.Error);

using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Frontier.Operator.Tests.Support;

namespace Frontier.Operator.Tests.Chart;

/// <summary>
/// Go templates with the functions of Helm that the chart uses: <c>if</c>, <c>else if</c>, <c>with</c>, <c>define</c>, <c>include</c>, pipelines, trimmed white
/// space. Anything else is an error, so that the chart stays within what is tested here. Helm itself cannot be had where these tests run.
/// </summary>
internal sealed partial class GoTemplate
{
    private readonly Dictionary<string, List<Node>> _defined = [];

    /// <summary>Reads a file's definitions, and gives what is to be rendered of it.</summary>
    public IReadOnlyList<object> Parse(string text)
    {
        var tokens = Tokens(text);
        var at = 0;
        var nodes = Block(tokens, ref at, out var end);
        return end is null ? [.. nodes] : throw new FormatException($"{end} without a beginning");
    }

    public string Render(IReadOnlyList<object> nodes, object? root)
    {
        var output = new StringBuilder();
        foreach (var node in nodes.Cast<Node>())
        {
            node.Write(this, output, root);
        }

        return output.ToString();
    }

    private static List<(bool IsAction, string Text)> Tokens(string text)
    {
        var tokens = new List<(bool, string)>();
        var position = 0;
        foreach (Match match in Action().Matches(text))
        {
            var before = text[position..match.Index];
            if (match.Groups["left"].Success)
            {
                before = before.TrimEnd();
            }

            if (tokens.Count > 0 && tokens[^1] is (true, var previous) && previous.EndsWith('\0'))
            {
                tokens[^1] = (true, previous[..^1]);
                before = before.TrimStart();
            }

            tokens.Add((false, before));
            tokens.Add((true, match.Groups["code"].Value.Trim() + (match.Groups["right"].Success ? "\0" : "")));
            position = match.Index + match.Length;
        }

        var rest = text[position..];
        if (tokens.Count > 0 && tokens[^1] is (true, var last) && last.EndsWith('\0'))
        {
            tokens[^1] = (true, last[..^1]);
            rest = rest.TrimStart();
        }

        tokens.Add((false, rest));
        return tokens;
    }

    private List<Node> Block(List<(bool IsAction, string Text)> tokens, ref int at, out string? end)
    {
        var nodes = new List<Node>();
        while (at < tokens.Count)
        {
            var (isAction, text) = tokens[at++];
            if (!isAction)
            {
                nodes.Add(new Literal(text));
                continue;
            }

            var word = text.Split(' ', 2)[0];
            switch (word)
            {
                case "if" or "with":
                    nodes.Add(Condition(word, text[word.Length..].Trim(), tokens, ref at));
                    break;
                case "define":
                    var body = Block(tokens, ref at, out var closed);
                    _defined[text[word.Length..].Trim().Trim('"')] = closed == "end" ? body : throw new FormatException("define without end");
                    break;
                case "end":
                case "else":
                    end = text;
                    return nodes;
                case var _ when text.StartsWith("/*", StringComparison.Ordinal):
                    break;
                default:
                    nodes.Add(new Value(text));
                    break;
            }
        }

        end = null;
        return nodes;
    }

    private Branch Condition(string kind, string expression, List<(bool IsAction, string Text)> tokens, ref int at)
    {
        var then = Block(tokens, ref at, out var end);
        List<Node> otherwise = [];
        if (end == "else")
        {
            otherwise = Block(tokens, ref at, out end);
        }
        else if (end?.StartsWith("else if ", StringComparison.Ordinal) == true)
        {
            otherwise = [Condition("if", end["else if ".Length..], tokens, ref at)];
            end = "end";
        }

        return end == "end" ? new Branch(kind == "with", expression, then, otherwise) : throw new FormatException($"{kind} {expression} without end");
    }

    private object? Evaluate(string expression, object? dot, object? root)
    {
        object? piped = null;
        var isPiped = false;
        foreach (var stage in Split(expression, '|'))
        {
            var words = Split(stage.Trim(), ' ').Where(word => word.Length > 0).ToList();
            var arguments = words.Skip(1).Select(word => Operand(word, dot, root)).ToList();
            if (isPiped)
            {
                arguments.Add(piped);
            }

            piped = arguments.Count == 0 && !Functions.Contains(words[0]) ? Operand(words[0], dot, root) : Call(words[0], arguments);
            isPiped = true;
        }

        return piped;
    }

    private static readonly HashSet<string> Functions =
        ["include", "toYaml", "nindent", "quote", "default", "printf", "eq", "and", "or", "not", "required", "trunc", "trimSuffix", "dict", "int"];

    private object? Call(string function, List<object?> arguments) => function switch
    {
        "include" => Render(_defined.GetValueOrDefault((string)arguments[0]!) ?? throw new FormatException($"{arguments[0]} is not defined"), arguments[1]),
        "toYaml" => Yaml.Write(ToJson(arguments[0])!).TrimEnd('\n'),
        "nindent" => "\n" + string.Join('\n', Text(arguments[1]).Split('\n').Select(line => new string(' ', (int)(long)arguments[0]!) + line)),
        "quote" => $"\"{Text(arguments[0]).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
        "default" => IsTrue(arguments[1]) ? arguments[1] : arguments[0],
        "printf" => Format(Text(arguments[0]), arguments[1..]),
        "eq" => Equals(arguments[0], arguments[1]),
        "and" => arguments.All(IsTrue),
        "or" => arguments.Any(IsTrue),
        "not" => !IsTrue(arguments[0]),
        "required" => IsTrue(arguments[1]) ? arguments[1] : throw new InvalidOperationException((string)arguments[0]!),
        "trunc" => Text(arguments[1]) is var text && text.Length > (int)(long)arguments[0]! ? text[..(int)(long)arguments[0]!] : Text(arguments[1]),
        "trimSuffix" => Text(arguments[1]) is var whole && whole.EndsWith((string)arguments[0]!, StringComparison.Ordinal) ? whole[..^((string)arguments[0]!).Length] : Text(arguments[1]),
        // Helm reads numbers as floating point and would write a million as 1e+06.
        "int" => (long)arguments[0]!,
        "dict" => arguments.Chunk(2).ToDictionary(pair => (string)pair[0]!, pair => pair[1]),
        _ => throw new FormatException($"{function} is not known here"),
    };

    private object? Operand(string word, object? dot, object? root)
    {
        if (word[0] == '(')
        {
            return Evaluate(word[1..^1], dot, root);
        }

        if (word[0] == '"')
        {
            return word[1..^1];
        }

        if (long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        var value = word[0] == '$' ? root : word[0] == '.' ? dot : throw new FormatException($"{word} is not understood");
        foreach (var name in word.TrimStart('$').Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            value = value switch
            {
                // A value that values.yaml does not name is a slip in the chart: Helm would render nothing.
                IDictionary<string, object?> map => map.TryGetValue(name, out var member) ? member : throw new KeyNotFoundException($"{word}: no {name}"),
                _ => throw new FormatException($"{word}: {name} of something that has no members"),
            };
        }

        return value;
    }

    private static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        var depth = 0;
        var quoted = false;
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            quoted ^= text[i] == '"';
            depth += quoted ? 0 : text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
            if (!quoted && depth == 0 && text[i] == separator)
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
        }

        parts.Add(text[start..]);
        return parts;
    }

    private static bool IsTrue(object? value) => value switch
    {
        null or false or 0L or "" => false,
        ICollection collection => collection.Count > 0,
        _ => true,
    };

    private static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        string text => text,
        _ => throw new FormatException($"{value.GetType()} is no text"),
    };

    private static string Format(string format, List<object?> arguments)
    {
        var next = 0;
        return Regex.Replace(format, "%[sd]", _ => Text(arguments[next++]));
    }

    private static JsonNode? ToJson(object? value) => JsonSerializer.SerializeToNode(value);

    private abstract record Node
    {
        public abstract void Write(GoTemplate template, StringBuilder output, object? dot);
    }

    private sealed record Literal(string Text) : Node
    {
        public override void Write(GoTemplate template, StringBuilder output, object? dot) => output.Append(Text);
    }

    private sealed record Value(string Expression) : Node
    {
        public override void Write(GoTemplate template, StringBuilder output, object? dot) => output.Append(Text(template.Evaluate(Expression, dot, dot)));
    }

    private sealed record Branch(bool IsWith, string Expression, List<Node> Then, List<Node> Otherwise) : Node
    {
        public override void Write(GoTemplate template, StringBuilder output, object? dot)
        {
            var value = template.Evaluate(Expression, dot, dot);
            var chosen = IsTrue(value);
            foreach (var node in chosen ? Then : Otherwise)
            {
                node.Write(template, output, chosen && IsWith ? value : dot);
            }
        }
    }

    [GeneratedRegex(@"\{\{(?<left>-)?\s+(?<code>.*?)\s+(?<right>-)?\}\}", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Action();
}

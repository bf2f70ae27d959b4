using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Frontier.Operator.Tests.Support.ApiServer;

/// <summary>
/// As much of the Common Expression Language as the CRD's rules use: members of <c>self</c>, <c>has</c>, <c>size</c>, literals, comparison, logic. Anything
/// else is an error, so that a rule never passes unread.
/// </summary>
internal sealed partial class Cel
{
    private readonly List<string> _tokens;
    private readonly JsonObject _self;
    private int _next;

    private Cel(string rule, JsonObject self)
    {
        _tokens = [.. Token().Matches(rule).Select(match => match.Value)];
        if (string.Concat(_tokens) != string.Concat(rule.Where(character => !char.IsWhiteSpace(character))))
        {
            throw new FormatException($"Not understood: {rule}");
        }

        _self = self;
    }

    public static bool Holds(string rule, JsonObject self)
    {
        var cel = new Cel(rule, self);
        var result = (bool)cel.Or()!;
        return cel._next == cel._tokens.Count ? result : throw new FormatException($"Not understood: {rule}");
    }

    private object? Or()
    {
        var left = And();
        while (Take("||"))
        {
            // CEL does not look at the other side once one decides, nor do its errors count then.
            var position = _next;
            if ((bool)left!)
            {
                Skip(position);
                while (Take("&&"))
                {
                    Skip(_next);
                }

                continue;
            }

            left = And();
        }

        return left;
    }

    private object? And()
    {
        var left = Comparison();
        while (Take("&&"))
        {
            if (!(bool)left!)
            {
                Skip(_next);
                continue;
            }

            left = Comparison();
        }

        return left;
    }

    private object? Comparison()
    {
        var left = Unary();
        if (Take("=="))
        {
            return Equals(left, Unary());
        }

        if (Take("!="))
        {
            return !Equals(left, Unary());
        }

        if (Take("<="))
        {
            return (long)left! <= (long)Unary()!;
        }

        return Take(">") ? (long)left! > (long)Unary()! : left;
    }

    private object? Unary()
    {
        if (Take("!"))
        {
            return !(bool)Unary()!;
        }

        if (Take("("))
        {
            var inner = Or();
            Expect(")");
            return inner;
        }

        var token = _tokens[_next++];
        switch (token)
        {
            case "has":
                Expect("(");
                var found = Member(_tokens[_next++]);
                Expect(")");
                return found is not null;
            case "size":
                Expect("(");
                var value = Value(Member(_tokens[_next++]));
                Expect(")");
                return value is string text ? (long)text.Length : throw new FormatException("size of something that is no text");
        }

        if (token[0] == '\'')
        {
            return token[1..^1];
        }

        if (char.IsAsciiDigit(token[0]))
        {
            return long.Parse(token, CultureInfo.InvariantCulture);
        }

        return Value(Member(token) ?? throw new FormatException($"no such key: {token}"));
    }

    private JsonNode? Member(string path)
    {
        JsonNode? node = _self;
        var parts = path.Split('.');
        if (parts[0] != "self")
        {
            throw new FormatException($"Not understood: {path}");
        }

        foreach (var part in parts[1..])
        {
            node = node?[part];
        }

        return node;
    }

    private static object? Value(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.String => (object)node.GetValue<string>(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => long.Parse(node.ToJsonString(), CultureInfo.InvariantCulture),
        _ => node,
    };

    // Passes over one operand.
    private void Skip(int from)
    {
        _next = from;
        while (Take("!"))
        {
        }

        var depth = 0;
        while (_next < _tokens.Count)
        {
            var token = _tokens[_next];
            if (depth == 0 && token is "&&" or "||" && depth == 0)
            {
                return;
            }

            if (token == ")" && depth == 0)
            {
                return;
            }

            depth += token == "(" ? 1 : token == ")" ? -1 : 0;
            _next++;
        }
    }

    private bool Take(string token)
    {
        if (_next < _tokens.Count && _tokens[_next] == token)
        {
            _next++;
            return true;
        }

        return false;
    }

    private void Expect(string token)
    {
        if (!Take(token))
        {
            throw new FormatException($"{token} expected");
        }
    }

    [GeneratedRegex(@"\|\||&&|==|!=|<=|>|!|\(|\)|'[^']*'|\d+|[A-Za-z_][A-Za-z_0-9.]*")]
    private static partial Regex Token();
}

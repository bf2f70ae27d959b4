using System.Globalization;
using Grpc.Core;

namespace Frontier.Silo;

/// <summary>Reads what list requests have in common. What is wrong is answered with INVALID_ARGUMENT (REST: 400).</summary>
internal static class ListArguments
{
    /// <summary>A page larger than this would not fit the 4 MiB that gRPC clients take by default.</summary>
    private const int MaxPageSize = 50_000;

    private const int DefaultPageSize = 10;

    /// <summary>The page: unless both numbers are larger than 0, page 1 of 10, as in the original.</summary>
    public static PageWindow Page(long page, long pageSize)
    {
        if (page <= 0 || pageSize <= 0)
        {
            return new PageWindow(0, DefaultPageSize);
        }

        if (pageSize > MaxPageSize)
        {
            throw Wrong(string.Create(CultureInfo.InvariantCulture, $"page_size: {pageSize} is more than {MaxPageSize}"));
        }

        // Behind any list there can be, without an overflow.
        return new PageWindow(page - 1 > int.MaxValue / pageSize ? int.MaxValue : (int)((page - 1) * pageSize), (int)pageSize);
    }

    /// <summary>The order: a field's name, with a leading <c>-</c> descending; a leading <c>+</c> says nothing new.</summary>
    /// <param name="order">What the request says; null or empty for the default.</param>
    /// <param name="defaultOrder">The default.</param>
    /// <param name="fields">The fields and what they mean.</param>
    public static (T Field, bool IsDescending) Order<T>(string? order, string defaultOrder, params ReadOnlySpan<(string Name, T Field)> fields)
    {
        var text = string.IsNullOrEmpty(order) ? defaultOrder : order;
        var name = text[0] is '-' or '+' ? text[1..] : text;
        foreach (var (known, field) in fields)
        {
            if (known == name)
            {
                return (field, text[0] == '-');
            }
        }

        var names = new List<string>();
        foreach (var (known, _) in fields)
        {
            names.Add(known);
        }

        throw Wrong($"order: \"{Shorten(text)}\" is none of {string.Join(", ", names)}");
    }

    /// <summary>The times: each may be missing, and 0 counts as missing, as in the original.</summary>
    public static (long? From, long? Until) Times(long? startTime, long? endTime)
    {
        long? from = startTime is null or 0 ? null : startTime;
        long? until = endTime is null or 0 ? null : endTime;
        return until <= from ? throw Wrong("end_time: not later than start_time") : (from, until);
    }

    /// <summary>A pattern for what begins with a text; null, for anything, when there is none.</summary>
    public static string? BeginningWith(string? text) => string.IsNullOrEmpty(text) ? null : $"{text}%";

    /// <summary>A pattern for what contains a text; null, for anything, when there is none.</summary>
    public static string? Containing(string? text) => string.IsNullOrEmpty(text) ? null : $"%{text}%";

    /// <summary>A text, or null when it is empty.</summary>
    public static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    /// <summary>An id; 0 counts as missing, as in the original.</summary>
    public static ulong? Id(bool isSet, ulong id) => isSet && id != 0 ? id : null;

    /// <summary>Which gateways are meant: the query parameter or the gRPC metadata <c>scope</c>.</summary>
    public static ViewScope Scope(ServerCallContext context)
    {
        var scope = context.GetHttpContext().Request.Query["scope"].FirstOrDefault() ?? context.RequestHeaders.GetValue("scope");
        return scope switch
        {
            null or "" or "cluster" => ViewScope.Cluster,
            "node" => ViewScope.Node,
            _ => throw Wrong($"scope: \"{Shorten(scope)}\" is neither cluster nor node"),
        };
    }

    /// <summary>The error for an argument that is wrong.</summary>
    public static RpcException Wrong(string message) => new(new Status(StatusCode.InvalidArgument, message));

    private static string Shorten(string text) => text.Length <= 64 ? text : $"{text[..64]}…";
}

namespace Frontier.Samples.GrainService;

/// <summary>Says in HTTP what went wrong at an edge.</summary>
internal static class FrontierResults
{
    /// <summary>Runs a request; a failure becomes a problem with the error's code.</summary>
    public static async Task<IResult> RunAsync(Func<Task<IResult>> run)
    {
        try
        {
            return await run();
        }
        catch (FrontierException e)
        {
            return Results.Problem(
                e.Message,
                statusCode: StatusOf(e.Code),
                title: e.Code.ToString(),
                extensions: new Dictionary<string, object?> { ["retryable"] = e.IsRetryable });
        }
    }

    private static int StatusOf(FrontierErrorCode code) => code switch
    {
        FrontierErrorCode.EdgeNotOnline or FrontierErrorCode.MethodNotFound => StatusCodes.Status404NotFound,
        FrontierErrorCode.Timeout => StatusCodes.Status504GatewayTimeout,
        FrontierErrorCode.TooLarge => StatusCodes.Status413PayloadTooLarge,
        FrontierErrorCode.RateLimited => StatusCodes.Status429TooManyRequests,
        FrontierErrorCode.Unknown or FrontierErrorCode.Refused => StatusCodes.Status422UnprocessableEntity,
        _ => StatusCodes.Status503ServiceUnavailable,
    };
}

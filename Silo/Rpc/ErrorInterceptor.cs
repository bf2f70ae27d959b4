using Frontier.GrainInterfaces;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Frontier.Silo;

/// <summary>Gives the cluster's own troubles a code that a client can act on; whatever nobody foresaw is logged and said to be INTERNAL, without details.</summary>
internal sealed partial class ErrorInterceptor(ILogger<ErrorInterceptor> logger) : Interceptor
{
    /// <inheritdoc/>
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (RpcException)
        {
            throw;
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "the client gave up"));
        }
        catch (Exception error) when (error is TimeoutException or OrleansException or FrontierException { IsRetryable: true })
        {
            Log.Unavailable(logger, context.Method, error);
            var reason = error is RoleMissingException ? $": {error.Message}" : "";
            throw new RpcException(new Status(StatusCode.Unavailable, "the cluster cannot answer just now" + reason));
        }
        catch (Exception error)
        {
            Log.Failed(logger, context.Method, error);
            throw new RpcException(new Status(StatusCode.Internal, "internal error"));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Failed to answer {Method}: the cluster cannot tell just now")]
        public static partial void Unavailable(ILogger logger, string method, Exception error);

        [LoggerMessage(2, LogLevel.Error, "{Method} failed")]
        public static partial void Failed(ILogger logger, string method, Exception error);
    }
}

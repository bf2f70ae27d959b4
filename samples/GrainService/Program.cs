using System.Net;
using Frontier.Client.Grains;
using Frontier.Samples.GrainService;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddFrontierClient(options =>
{
    if (builder.Configuration["Frontier:Redis"] is { Length: > 0 } redis)
    {
        options.Redis = redis;
    }
    else
    {
        options.Gateways.Add(IPEndPoint.Parse(builder.Configuration["Frontier:Gateway"] ?? "127.0.0.1:30000"));
    }
});
var app = builder.Build();

app.MapGet("/edges/{edgeId}", async (ulong edgeId, IFrontier frontier, CancellationToken cancellationToken) =>
    await frontier.Edge(edgeId).DescribeAsync(cancellationToken) is { } edge
        ? Results.Ok(new EdgeInfo(edge.EdgeId, edge.Address, edge.ConnectedAt, edge.Methods))
        : Results.NotFound());

app.MapPost("/edges/{edgeId}/calls/{method}", (ulong edgeId, string method, HttpRequest request, IFrontier frontier, CancellationToken cancellationToken) =>
    FrontierResults.RunAsync(async () =>
    {
        var payload = await Payload.ReadAsync(request, cancellationToken);
        var response = await frontier.Edge(edgeId).CallAsync(method, payload, cancellationToken: cancellationToken);
        return Results.Bytes(response.Payload, "application/octet-stream");
    }));

app.MapPost("/edges/{edgeId}/messages/{topic}", (ulong edgeId, string topic, HttpRequest request, IFrontier frontier, CancellationToken cancellationToken) =>
    FrontierResults.RunAsync(async () =>
    {
        await frontier.Edge(edgeId).PublishAsync(topic, await Payload.ReadAsync(request, cancellationToken), cancellationToken: cancellationToken);
        return Results.NoContent();
    }));

app.MapDelete("/edges/{edgeId}", async (ulong edgeId, IFrontier frontier, CancellationToken cancellationToken) =>
    await frontier.Edge(edgeId).KickAsync(cancellationToken) ? Results.NoContent() : Results.NotFound());

await app.RunAsync();

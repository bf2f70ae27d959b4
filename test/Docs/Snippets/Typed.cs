using System.Text.Json.Serialization;
using Frontier.Client;

namespace Frontier.Docs.Tests.Snippets;

#region typed-types
internal sealed record Order(string Item, int Count);

internal sealed record Receipt(decimal Total);

[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Receipt))]
internal sealed partial class ShopJson : JsonSerializerContext;
#endregion

internal static class Typed
{
    public static async Task Named(FrontierService service, FrontierEdge edge)
    {
        #region typed-named
        await service.RegisterAsync(
            "order",
            (Order order, FrontierRequest request, CancellationToken cancellationToken) => ValueTask.FromResult(new Receipt(order.Count * 2.5m)),
            ShopJson.Default.Order,
            ShopJson.Default.Receipt);
        Receipt receipt = await edge.CallAsync("order", new Order("apples", 4), ShopJson.Default.Order, ShopJson.Default.Receipt);
        #endregion
        _ = receipt;
    }

    public static async Task WithSerializer()
    {
        #region typed-serializer
        await using var edge = await FrontierEdge.ConnectAsync(new FrontierEdgeOptions { Serializer = new JsonPayloadSerializer(ShopJson.Default) });
        Receipt receipt = await edge.CallAsync<Order, Receipt>("order", new Order("apples", 4));
        #endregion
        _ = receipt;
    }
}

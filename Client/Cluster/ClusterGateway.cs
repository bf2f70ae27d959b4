using System.Net;

namespace Frontier.Client;

/// <summary>A gateway that a cluster service keeps a connection to.</summary>
/// <param name="Id">The gateway's id; its address when the gateways are a list.</param>
/// <param name="EndPoint">Its address for services.</param>
/// <param name="State">How the connection stands.</param>
/// <param name="ServiceId">The id of this service's instance there; 0 before the first connection.</param>
public sealed record ClusterGateway(string Id, EndPoint EndPoint, FrontierConnectionState State, ulong ServiceId);

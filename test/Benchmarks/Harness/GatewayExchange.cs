using System.Buffers;
using Frontier.Gateway;
using Frontier.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Frontier.Benchmarks;

/// <summary>
/// A gateway with one edge and one service, without sockets and without Orleans: the sessions are the real ones, over pipes, and both peers are played by
/// hand with frames that are encoded before. All of a forwarded frame's way runs on the calling thread.
/// </summary>
internal sealed class GatewayExchange : IAsyncDisposable
{
    private const string Method = "echo";
    private const string Topic = "readings";
    private const string ServiceName = "bench";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ServiceProvider _provider;
    private readonly PeerEnd _edge = new("edge");
    private readonly PeerEnd _service = new("service");
    private readonly PeerEnd? _sharing;
    private readonly CatalogReplica _catalog;
    private readonly LiveSessions _liveSessions;
    private readonly EdgeTable _edges;
    private readonly Task[] _sessions;
    private readonly Echo _call;
    private readonly Echo _callToEdge;
    private readonly Echo _message;
    private readonly PeerEnd.FrameHandler _onStream;
    private readonly byte[] _stream;
    private readonly int _payloadBytes;

    /// <summary>Starts the gateway and logs both peers in.</summary>
    /// <param name="payloadBytes">Size of a payload before base64, and of a stream frame's data.</param>
    /// <param name="isTopicShared">Whether a second service takes the topic, too, so that messages are kept until they are acknowledged.</param>
    public GatewayExchange(int payloadBytes, bool isTopicShared = false)
    {
        _payloadBytes = payloadBytes;
        _provider = CreateServices();
        _catalog = _provider.GetRequiredService<CatalogReplica>();
        _liveSessions = _provider.GetRequiredService<LiveSessions>();
        _edges = _provider.GetRequiredService<EdgeTable>();
        _catalog.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        _sessions = [Connect<ServiceConnectionHandler>(_service), Connect<EdgeConnectionHandler>(_edge)];
        PeerEnd[] takers = [_service];
        if (isTopicShared)
        {
            _sharing = new PeerEnd("sharing");
            _sessions = [.. _sessions, Connect<ServiceConnectionHandler>(_sharing)];
            takers = [_service, _sharing];
        }

        takers = [.. takers.Select(taker => (Taker: taker, Id: LogIn(taker, ServiceMeta(taker == _service ? ServiceName : "sharing")))).OrderBy(taker => taker.Id).Select(taker => taker.Taker)];
        var edgeId = LogIn(_edge, "bench");
        Register(_service);
        Register(_edge);

        var payload = new byte[payloadBytes];
        new Random(payloadBytes).NextBytes(payload);
        var response = FrameTemplates.Response(Method, payload);
        _call = new Echo(_edge, _service, FrameTemplates.Request(Method, payload, []), response, payloadBytes);
        _callToEdge = new Echo(_service, _edge, FrameTemplates.Request(Method, payload, FrameTemplates.Id(edgeId)), response, payloadBytes);
        _message = new Echo(_edge, takers[edgeId % (ulong)takers.Length], FrameTemplates.Message(Topic, payload), FrameTemplates.MessageAck(), 0);
        _stream = FrameTemplates.Stream(OpenStream(), payload);
        _onStream = OnStream;
    }

    /// <summary>Sessions that the gateway still has; 0 once they are over.</summary>
    public int LiveSessions => _liveSessions.Count;

    /// <summary>Edges that the gateway still knows.</summary>
    public int Edges => _edges.Count;

    /// <summary>The tasks that the gateway has running for this exchange: one for each connection, and the catalog's.</summary>
    public IReadOnlyList<Task> Tasks => [.. _sessions, _catalog.ExecuteTask ?? Task.CompletedTask];

    /// <summary>Calls from the edge to the service and back.</summary>
    /// <param name="inFlight">How many are sent before the first is answered.</param>
    public void Call(int inFlight) => _call.Run(inFlight);

    /// <summary>Calls from the service to the edge and back.</summary>
    /// <param name="inFlight">How many are sent before the first is answered.</param>
    public void CallToEdge(int inFlight) => _callToEdge.Run(inFlight);

    /// <summary>Messages from the edge to the service, and their acknowledgements.</summary>
    /// <param name="inFlight">How many are sent before the first is answered.</param>
    public void Publish(int inFlight) => _message.Run(inFlight);

    /// <summary>Stream frames from the edge to the service, one after the other.</summary>
    public void Stream(int frames)
    {
        for (var i = 0; i < frames; i++)
        {
            _edge.Write(_stream, _edge.NextPacketId());
            _edge.Flush();
            _service.Read(1, _onStream);
        }
    }

    /// <summary>Both peers go away, then the gateway. Completes when nothing of it runs any more.</summary>
    public async ValueTask DisposeAsync()
    {
        _edge.Close();
        _service.Close();
        _sharing?.Close();
        await Task.WhenAll(_sessions).WaitAsync(Patience);
        await _provider.GetRequiredService<BackgroundWork>().WhenIdleAsync(CancellationToken.None).WaitAsync(Patience);
        await _catalog.StopAsync(CancellationToken.None);
        await _provider.DisposeAsync();
    }

    private static string ServiceMeta(string name) => $$"""{"service":"{{name}}","topics":["{{Topic}}"]}""";

    private static ServiceProvider CreateServices()
    {
        var services = new ServiceCollection();
        services.AddLogging().AddMetrics().AddOptions();
        services.AddSingleton(typeof(Microsoft.Extensions.Logging.ILogger<>), typeof(NullLogger<>));
        services.AddSingleton(LocalGrains.Create());
        services.AddFrontierGateway();
        services.AddSingleton(new GatewayIdentity("bench", null));
        // Both peers are plain ones here, and read at once: what is measured is the way of the bytes, not the pace that spares Go readers.
        services.AddSingleton(Options.Create(new LimitOptions { PlainStreamFramesPerSecond = 0 }));
        return services.BuildServiceProvider();
    }

    private static void Expect(in Frame frame, FrameType type)
    {
        if (frame.Type != type)
        {
            throw new InvalidOperationException($"{frame.Type} came where {type} should have");
        }
    }

    private static ulong LogIn(PeerEnd peer, string meta)
    {
        var id = 0UL;
        peer.Write(FrameTemplates.Conn(meta), peer.NextPacketId());
        peer.Flush();
        peer.Read(1, (in Frame frame) =>
        {
            Expect(frame, FrameType.ConnAck);
            var ack = ConnBody.ParseConnAck(frame.Body.ToArray());
            id = ack.Accepted ? ack.ClientId : throw new InvalidOperationException("the login was refused");
        });
        return id;
    }

    private static void Register(PeerEnd peer)
    {
        peer.Write(FrameTemplates.Register(Method), peer.NextPacketId());
        peer.Flush();
        peer.Read(1, (in Frame frame) => Expect(frame, FrameType.RegisterAck));
    }

    private Task Connect<THandler>(PeerEnd peer)
        where THandler : ConnectionHandler => _provider.GetRequiredService<THandler>().OnConnectedAsync(peer.Context);

    private ulong OpenStream()
    {
        const ulong SessionId = 7;
        _edge.Write(FrameTemplates.Session(SessionId, ServiceName), _edge.NextPacketId());
        _edge.Flush();
        _service.Read(1, (in Frame frame) =>
        {
            Expect(frame, FrameType.Session);
            _service.Write(FrameTemplates.SessionAck(SessionBody.ParseSession(frame.Body.ToArray()).NegotiateId), frame.PacketId);
        });
        _service.Flush();
        _edge.Read(1, (in Frame frame) =>
        {
            Expect(frame, FrameType.SessionAck);
            if (!SessionBody.ParseSessionAck(frame.Body.ToArray()).Error.IsEmpty)
            {
                throw new InvalidOperationException("the stream was refused");
            }
        });
        return SessionId;
    }

    private void OnStream(in Frame frame)
    {
        Expect(frame, FrameType.Stream);
        if (frame.Body.Length != sizeof(ulong) + _payloadBytes)
        {
            throw new InvalidOperationException("stream bytes were lost");
        }
    }

    /// <summary>Something that is sent by one peer, answered by the other, and whose answers are counted.</summary>
    private sealed class Echo
    {
        private readonly PeerEnd _asker;
        private readonly PeerEnd _answerer;
        private readonly byte[] _question;
        private readonly byte[] _answer;
        private readonly int _leastBytes;
        private readonly int _mostUnanswered;
        private readonly PeerEnd.FrameHandler _onQuestion;
        private readonly PeerEnd.FrameHandler _onAnswer;

        public Echo(PeerEnd asker, PeerEnd answerer, byte[] question, byte[] answer, int payloadBytes)
        {
            _asker = asker;
            _answerer = answerer;
            _question = question;
            _answer = answer;
            _leastBytes = Base64Text.GetEncodedLength(payloadBytes);
            // A plain peer gets no more messages than its window until it acknowledges some.
            _mostUnanswered = (FrameType)question[1] == FrameType.Message ? new LimitOptions().PlainMessageWindow : int.MaxValue;
            _onQuestion = OnQuestion;
            _onAnswer = OnAnswer;
            Run(1); // Not just any answer, as an error would be one, too.
            asker.Write(question, asker.NextPacketId());
            asker.Flush();
            answerer.Read(1, _onQuestion);
            answerer.Flush();
            asker.Read(1, static (in Frame frame) =>
            {
                if (!MessageBody.Parse(frame.Body.ToArray()).Error.IsEmpty)
                {
                    throw new InvalidOperationException("the gateway answered with an error");
                }
            });
        }

        public void Run(int inFlight)
        {
            for (var i = 0; i < inFlight; i++)
            {
                _asker.Write(_question, _asker.NextPacketId());
            }

            _asker.Flush();
            for (var left = inFlight; left > 0;)
            {
                var read = Math.Min(left, _mostUnanswered);
                _answerer.Read(read, _onQuestion);
                _answerer.Flush();
                left -= read;
            }

            _asker.Read(inFlight, _onAnswer);
        }

        private void OnQuestion(in Frame frame)
        {
            Expect(frame, (FrameType)_question[1]);
            _answerer.Write(_answer, frame.PacketId);
        }

        private void OnAnswer(in Frame frame)
        {
            Expect(frame, (FrameType)_answer[1]);
            if (frame.Body.Length < _leastBytes)
            {
                throw new InvalidOperationException("an answer without its payload");
            }
        }
    }
}

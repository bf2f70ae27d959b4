using System.Net;
using System.Net.Sockets;
using Frontier.Gateway;
using Frontier.Grains.Hosting;
using Orleans.Clustering.Redis;
using Orleans.Configuration;
using StackExchange.Redis;

namespace Frontier.Silo;

/// <summary>Makes the process a member of its cluster: of the one that a Redis server keeps, or of one that it is all by itself.</summary>
internal static class ClusterHosting
{
    // Has to be the same in all processes of a cluster, those of an earlier version included.
    private const int DirectoryPartitions = 30;

    /// <summary>Adds the Orleans silo, with the grains of the process's roles.</summary>
    /// <exception cref="ListenException">A port for Orleans is taken, or an address cannot be resolved.</exception>
    public static void AddFrontierCluster(this WebApplicationBuilder builder, FrontierSettings settings)
    {
        var options = settings.Get<ClusteringOptions>();
        var redis = RedisServer.Find(options, settings.Get<RedisOptions>());
        var ports = redis is null
            ? new ClusterPorts(options, LoopbackOfThisMachine(), LoopbackOfThisMachine())
            : new ClusterPorts(options, AddressesOf(options.ListenAddr), FindAddress(options, settings.Configuration));
        // By factory, so that the container gives the ports free at the end.
        builder.Services.AddSingleton(_ => ports);
        builder.Services.AddSingleton<IFatalErrorHandler, LastWords>();
        if (redis is not null)
        {
            // Before Orleans, which would give up at once.
            builder.Services.AddSingleton(services =>
                new ClusterRedis(redis, ProbeKey(options), options.JoinTimeout, services.GetRequiredService<ILogger<ClusterRedis>>()));
            builder.Services.AddHostedService(services => services.GetRequiredService<ClusterRedis>());
        }

        builder.UseOrleans(silo =>
        {
            if (redis is null)
            {
                silo.UseLocalhostClustering(
                    ports.Silo, ports.Gateway, new IPEndPoint(ports.Address, ports.Silo), serviceId: options.ServiceId, clusterId: options.ClusterId);
                silo.Configure<EndpointOptions>(endpoints => endpoints.AdvertisedIPAddress = ports.Address);
            }
            else
            {
                silo.UseRedis(redis, options, ports);
            }

            silo.Configure<SiloOptions>(named => named.SiloName = NameOf(settings.Get<DaemonOptions>().FrontierId, options.ProcessRoles));
            silo.AddFrontierGrains();
            silo.AddDirectory(redis, options);
            AddRoles(silo, options.ProcessRoles);
        });
        if (options.ProcessRoles.HasFlag(ProcessRoles.Gateway))
        {
            // Before the gateway's own services, which tell others of its id.
            builder.Services.AddHostedService<GatewayNaming>();
        }

        if (redis is not null)
        {
            if (options.ProcessRoles.HasFlag(ProcessRoles.Gateway))
            {
                builder.Services.AddSingleton<IClusterStanding, ClusterStanding>();
                builder.Services.AddHostedService<CatalogReadiness>();
                builder.Services.AddHostedService(services => services.GetRequiredService<SessionKeeper>());
            }

            builder.Services.AddHostedService<SiloWatch>();
            builder.Services.AddHostedService<MembershipKeeper>();
        }
    }

    private static void UseRedis(this ISiloBuilder silo, ConfigurationOptions redis, ClusteringOptions options, ClusterPorts ports)
    {
        silo.Configure<Orleans.Configuration.ClusterOptions>(cluster =>
        {
            cluster.ClusterId = options.ClusterId;
            cluster.ServiceId = options.ServiceId;
        });
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = ports.Address;
            endpoints.SiloPort = ports.Silo;
            endpoints.GatewayPort = ports.Gateway;
            endpoints.SiloListeningEndpoint = new IPEndPoint(ports.Listen, ports.Silo);
            endpoints.GatewayListeningEndpoint = new IPEndPoint(ports.Listen, ports.Gateway);
        });
        silo.UseRedisClustering(membership => membership.ConfigurationOptions = redis);
        silo.Services.AddOptions<RedisClusteringOptions>().Configure<ClusterRedis>((membership, connected) =>
            membership.CreateMultiplexer = _ => Task.FromResult((connected.Connection, true)));
        silo.Configure<ClusterMembershipOptions>(membership => MembershipRules.Apply(membership, options));
        silo.AddGrainService<SiloPulse>();
        silo.Services.AddSingleton<SiloPulses>();
    }

    // Orleans' own directory, where nothing is configured, loses entries of live grains at every change of membership.
    private static void AddDirectory(this ISiloBuilder silo, ConfigurationOptions? redis, ClusteringOptions options)
    {
        if (options.Directory == DirectoryKind.Redis && redis is not null)
        {
            silo.UseRedisGrainDirectoryAsDefault(directory => directory.Configure<ClusterRedis>((entries, connected) =>
            {
                entries.ConfigurationOptions = redis;
                entries.CreateMultiplexer = _ => Task.FromResult((connected.Connection, true));
            }));
            return;
        }

        silo.Configure<GrainDirectoryOptions>(directory =>
        {
            // Shares of about the same size; with one range for each process the largest is several times the average.
            directory.PartitionsPerSilo = DirectoryPartitions;
            // Orleans keeps the ids of a lost process locked, in case it still works. Epochs decide between two sessions here, and edges want to come back at once.
            directory.RangeLeaseDuration = TimeSpan.Zero;
        });
#pragma warning disable ORLEANSEXP003 // Experimental by name; test/Cluster shows what it promises.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
    }

    // Below the key of Orleans' table, so that a user of Redis who may have that one may have this one.
    private static string ProbeKey(ClusteringOptions options) => $"{options.ServiceId}/members/{options.ClusterId}/probe";

    private static void AddRoles(ISiloBuilder silo, ProcessRoles roles)
    {
        if (roles.HasFlag(ProcessRoles.Gateway))
        {
            silo.AddFrontierGatewayPort();
        }
        else
        {
            silo.WithoutSessionGrains();
        }

        if (!roles.HasFlag(ProcessRoles.Silo))
        {
            silo.WithOnlySessionGrains();
        }
    }

    // A gateway joins under its id, by which it finds out whether another has the same; a process without that role must not be in its way.
    private static string NameOf(string frontierId, ProcessRoles roles) => roles.HasFlag(ProcessRoles.Gateway) ? frontierId : $"{frontierId}/silo";

    // A machine that has nothing but IPv6 may have no 127.0.0.1 either.
    private static IPAddress LoopbackOfThisMachine()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return IPAddress.Loopback;
        }
        catch (SocketException) when (Socket.OSSupportsIPv6)
        {
            return IPAddress.IPv6Loopback;
        }
    }

    // All addresses are those of IPv4 and IPv6 alike, however they are written: a pod may have only one of the two. Orleans, like Kestrel, opens a socket
    // for both when it is given this very object.
    private static IPAddress AddressesOf(string listen)
    {
        var address = IPAddress.Parse(listen);
        return !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) ? address : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
    }

    private static IPAddress FindAddress(ClusteringOptions options, IConfiguration configuration)
    {
        if (options.AdvertisedAddr.Length > 0)
        {
            return Resolve(options.AdvertisedAddr);
        }

        var listen = IPAddress.Parse(options.ListenAddr);
        return listen.Equals(IPAddress.Any) || listen.Equals(IPAddress.IPv6Any)
            ? AdvertisedAddress.OfThisHost(configuration[AdvertisedAddress.PodIpVariable])
            : listen;
    }

    private static IPAddress Resolve(string host)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            return address;
        }

        try
        {
            var addresses = Dns.GetHostAddresses(host);
            return addresses.FirstOrDefault(found => found.AddressFamily == AddressFamily.InterNetwork)
                ?? addresses.FirstOrDefault()
                ?? throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (SocketException error)
        {
            throw new ListenException(
                $"{ClusteringOptions.Section}.advertised_addr: {host} cannot be resolved: {error.Message}", error);
        }
    }
}

using Grpc.Reflection;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Frontier.Silo;

/// <summary>
/// gRPC reflection for the services of one port. Not one for the process: the control plane and the Frontlas façade have messages of the same full
/// names, so one set of descriptors cannot hold both.
/// </summary>
internal abstract class PortReflection(params ServiceDescriptor[] services) : ReflectionV1ServiceImpl(services);

/// <summary>The same in the version that older tools ask for.</summary>
internal abstract class PortReflectionV1Alpha(params ServiceDescriptor[] services) : ReflectionServiceImpl(services);

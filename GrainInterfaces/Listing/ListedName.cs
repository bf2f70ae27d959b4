namespace Frontier.GrainInterfaces;

/// <summary>A method or a topic that some sessions share.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Newest">When the newest of those sessions connected, in ticks of UTC.</param>
[GenerateSerializer, Immutable]
[Alias("frontier.ListedName")]
public readonly record struct ListedName([property: Id(0)] string Name, [property: Id(1)] long Newest);

/// <summary>What kind of names a list has.</summary>
public enum ListedNames
{
    /// <summary>Methods the peers registered.</summary>
    Methods = 1,

    /// <summary>Topics the services take.</summary>
    Topics = 2,
}

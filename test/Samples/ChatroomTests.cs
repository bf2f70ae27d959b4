namespace Frontier.Samples.Tests;

public sealed class ChatroomTests
{
    private const string Program = "samples/Chatroom";

    [Test]
    public async Task Two_guests_meet_talk_and_leave()
    {
        await using var frontier = await FrontierProgram.StartAsync();
        await using var room = new RunningProgram(Program, "service", "--gateway", frontier.Services);
        await room.PrintsAsync("The room is open");
        await using var bob = new RunningProgram(Program, "client", "--gateway", frontier.Edges, "--name", "bob", "--wait-for", "2", "--script", "hi alice", "--leave-after", "2");
        await bob.PrintsAsync("In the room: bob");
        await using var alice = new RunningProgram(Program, "client", "--gateway", frontier.Edges, "--name", "alice", "--wait-for", "2", "--script", "hello everybody", "--leave-after", "2");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await bob.EndsAsync(), Is.Zero, bob.Output);
            Assert.That(await alice.EndsAsync(), Is.Zero, alice.Output);
            Assert.That(bob.Output, Does.Contain("* alice joined").And.Contain("bob: hi alice").And.Contain("alice: hello everybody"));
            Assert.That(alice.Output, Does.Contain("In the room: bob, alice").And.Contain("alice: hello everybody"));
        }

        await room.PrintsAsync("has left");
        Assert.That(await room.InterruptAsync(), Is.Zero, room.Output);
    }
}

"""What can be said, as replies: made of the commands themselves."""

from collections.abc import Callable

from shared.domain.chat.command import Command
from shared.domain.chat.grammar import BY_NAME, COMMANDS
from shared.domain.chat.parsing import Misunderstood
from shared.domain.chat.talk import PREFIX, Platform, Reply, Tone
from shared.domain.roles import Role

_BEGINS = {
    Platform.SLACK: f"Each begins with `{PREFIX}`.",
    Platform.TEAMS: "Each begins with a mention of the bot.",
}


def overview(
    platform: Platform,
    may: Callable[[Command], bool],
    channel_registry: str | None = None,
    *,
    knows_channel: bool = True,
) -> Reply:
    """All commands: first those that `may` be said, then the others, by name alone.

    `knows_channel`: its reader may know which registry is the channel's.
    """
    allowed = [command for command in COMMANDS if may(command)]
    others = [f"`{command.name}`" for command in COMMANDS if command not in allowed]
    lines = [f"`{command.usage}` {command.summary}" for command in allowed]
    if others:
        lines.append(f"Not open to you: {', '.join(others)}.")
    if knows_channel:
        lines.append(_channel_line(platform, channel_registry))
    one = f"{platform.spoken('help COMMAND')} shows an example."
    more = f"{_BEGINS[platform]} {one} What stands in [brackets] may be left out."
    return Reply("This is what you can say.", (*lines, more))


def _channel_line(platform: Platform, channel_registry: str | None) -> str:
    """Which registry stands in where none is named."""
    if channel_registry is None:
        use = platform.spoken("use payments")
        return f"This channel has no registry of its own: name one each time, or set it with {use}."
    return (
        f"Where you name no registry, `{channel_registry}` is meant: it is this channel's own (`use`). "
        "`delete`, `restore` and `user remove` always want a name."
    )


def explanation(platform: Platform, name: str) -> Reply:
    """One command, or all that begin with this word. `name` is as the parser gives it."""
    command = BY_NAME.get(name)
    if command is None:
        family = [each for each in COMMANDS if each.name.startswith(f"{name} ")]
        return Reply(
            f"`{name}` goes on in {len(family)} ways.", tuple(_line(platform, each) for each in family)
        )
    example = f"Example: {platform.spoken(command.example)}"
    return Reply(f"`{command.usage}`", (command.summary, *_notes(command), example))


def misunderstanding(platform: Platform, what: Misunderstood) -> Reply:
    """What was not understood, and how to say it."""
    say = platform.spoken
    if what.nearest is None:
        return Reply(what.problem, (f"{say('help')} lists the commands.",), Tone.PROBLEM)
    meant = f"Say {say(what.usage)}, for example {say(what.example)}."
    return Reply(what.problem, (meant, f"{say(f'help {what.nearest}')} says more."), Tone.PROBLEM)


def _line(platform: Platform, command: Command) -> str:
    return f"`{command.usage}` {command.summary} Example: {platform.spoken(command.example)}"


def _notes(command: Command) -> list[str]:
    notes = [f"Options: {', '.join(f'`{option.usage}`' for option in command.own_options)}"]
    if not command.own_options:
        notes = []
    if any(argument.name == "registry" and argument.optional for argument in command.arguments):
        notes.append("Without a registry the channel's own is meant.")
    if command.asks_first:
        notes.append("It first says what will happen, and does it when you confirm.")
    if command.answers_with_link:
        notes.append("The password is never in the chat: a link shows it once, to you alone.")
    return [*notes, f"Who may: {who(command)}"]


def who(command: Command) -> str:
    """Who may say it, by roles."""
    needs = command.needs
    if needs.role is None:
        return "everybody."
    where = " on all registries" if needs.everywhere else ""
    own = ", and a Member about its own user" if needs.own else ""
    return ("whoever has a role" if needs.role is Role.MEMBER else f"{needs.role}{where}{own}") + "."

"""Help: what its reader is shown."""

import pytest

from shared.domain.chat.command import Command
from shared.domain.chat.grammar import COMMANDS
from shared.domain.chat.help import explanation, misunderstanding, overview
from shared.domain.chat.parsing import Misunderstood, parse
from shared.domain.chat.talk import Platform, Tone
from shared.domain.roles import EVERYTHING, NOTHING, Access, Right, Role

SLACK, TEAMS = Platform.SLACK, Platform.TEAMS


def test_every_command_is_listed_in_one_line() -> None:
    """Its example is one `help COMMAND` away."""
    lines = overview(SLACK, lambda command: command.open_to(EVERYTHING)).lines
    assert len(lines) == len(COMMANDS) + 2
    for command, line in zip(COMMANDS, lines, strict=False):
        assert line == f"`{command.usage}` {command.summary}"


def test_whoever_is_nobody_hears_nothing_of_the_channel() -> None:
    """It is not even read for them."""
    lines = overview(SLACK, lambda command: command.open_to(NOTHING), knows_channel=False).lines
    assert len(lines) == 3
    assert "no registry of its own" not in "\n".join(lines)


def test_what_its_reader_may_not_do_is_named_last() -> None:
    reader = Access((Right(Role.READER),))
    lines = overview(SLACK, lambda command: command.open_to(reader)).lines
    assert not any(line.startswith("`delete") for line in lines)
    assert "`delete`" in lines[-3]
    assert lines[-3].startswith("Not open to you: ")


@pytest.mark.parametrize(
    ("registry", "line"),
    [
        (
            None,
            "This channel has no registry of its own: name one each time, or set it with `/registry use payments`.",
        ),
        ("search", "Where you name no registry, `search` is meant: it is this channel's own (`use`)."),
    ],
)
def test_help_says_which_registry_stands_in(registry: str | None, line: str) -> None:
    assert line in overview(SLACK, lambda _: True, registry).lines[-2]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_is_explained_with_its_form_options_and_example(command: Command) -> None:
    reply = explanation(SLACK, command.name)
    assert reply.text == f"`{command.usage}`"
    assert reply.lines[0] == command.summary
    assert reply.lines[-1] == f"Example: `/registry {command.example}`"
    assert all(option.usage in "\n".join(reply.lines) for option in command.own_options)
    assert "confirm=" not in "\n".join(reply.lines)


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("help", "Who may: everybody."),
        ("list", "Who may: whoever has a role."),
        ("users", "Who may: Reader."),
        ("user rotate", "Who may: Operator, and a Member about its own user."),
        ("revoke", "Who may: Admin on all registries."),
        ("delete", "It first says what will happen, and does it when you confirm."),
        ("login", "The password is never in the chat: a link shows it once, to you alone."),
        ("health", "Without a registry the channel's own is meant."),
    ],
)
def test_an_explanation_says_what_is_special(command: str, line: str) -> None:
    assert line in explanation(SLACK, command).lines


def test_the_first_word_of_several_commands_explains_them_all() -> None:
    reply = explanation(SLACK, "user")
    assert reply.text == "`user` goes on in 5 ways."
    assert [line.split("`")[1].split()[:2] for line in reply.lines] == [
        ["user", word] for word in ("add", "remove", "rotate", "disable", "enable")
    ]


@pytest.mark.parametrize(
    ("platform", "text", "lines"),
    [
        (
            SLACK,
            "delet payments",
            (
                "Say `/registry delete REGISTRY`, for example `/registry delete payments`.",
                "`/registry help delete` says more.",
            ),
        ),
        (
            TEAMS,
            "delet payments",
            ("Say `delete REGISTRY`, for example `delete payments`.", "`help delete` says more."),
        ),
        (SLACK, "frobnicate", ("`/registry help` lists the commands.",)),
        (TEAMS, "frobnicate", ("`help` lists the commands.",)),
    ],
)
def test_what_was_not_understood_is_answered_with_what_can_be_said(
    platform: Platform, text: str, lines: tuple[str, ...]
) -> None:
    found = parse(text)
    assert isinstance(found, Misunderstood)
    reply = misunderstanding(platform, found)
    assert (reply.text, reply.lines, reply.tone) == (found.problem, lines, Tone.PROBLEM)
    assert reply.private


@pytest.mark.parametrize(
    ("platform", "line"),
    [
        (SLACK, "Each begins with `/registry`. `/registry help COMMAND` shows an example."),
        (TEAMS, "Each begins with a mention of the bot. `help COMMAND` shows an example."),
    ],
)
def test_help_says_how_a_command_begins_here(platform: Platform, line: str) -> None:
    assert overview(platform, lambda _: True).lines[-1].startswith(line)

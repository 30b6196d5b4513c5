"""The commands as data: what must be true of each of them."""

from dataclasses import replace

import pytest
from pydantic import BaseModel

from shared.domain.chat.command import Argument, Command, Kind, Option
from shared.domain.chat.fields import fields
from shared.domain.chat.grammar import BY_NAME, COMMANDS
from shared.domain.chat.parsing import parse
from shared.domain.chat.talk import CONFIRM, Asked
from shared.domain.registries.registry_spec import RegistryPatch, RegistrySpec
from shared.domain.roles import EVERYTHING, NOTHING, Access, Need, Right, Role
from shared.domain.users.user_spec import RotateSpec, UserSpec
from tests.unit.domain.registries.test_registry_spec import RULES

every_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
POLICY = replace(RULES, allowed_skus=("B1",), allowed_locations=("westeurope",))
BODIES: dict[str, tuple[type[BaseModel], ...]] = {
    "create": (RegistrySpec, RegistryPatch),
    "user add": (UserSpec,),
    "user rotate": (RotateSpec,),
}


def test_no_name_is_there_twice() -> None:
    assert len(BY_NAME) == len(COMMANDS)


@every_command
def test_a_name_is_one_word_or_two_in_lower_case(command: Command) -> None:
    assert 1 <= len(command.name.split()) <= 2
    assert command.name.replace(" ", "").isalpha()
    assert command.name == command.name.lower()


@every_command
def test_what_may_be_left_out_comes_first_so_that_the_number_of_words_tells(command: Command) -> None:
    optional = [argument.optional for argument in command.arguments]
    assert optional == sorted(optional, reverse=True)


@every_command
def test_only_what_asks_first_can_be_confirmed_and_names_whom_it_is_about(command: Command) -> None:
    assert command.asks_first == (command.option(CONFIRM) is not None)
    if command.asks_first:
        assert all(not argument.optional for argument in command.arguments)


@every_command
def test_whoever_has_no_role_is_refused_everything_but_help(command: Command) -> None:
    assert command.open_to(NOTHING) == (command.name == "help")
    assert command.open_to(EVERYTHING)


def test_each_role_may_say_more() -> None:
    def open_to(right: Right) -> set[str]:
        return {command.name for command in COMMANDS if command.open_to(Access((right,)))}

    member, reader, operator = (open_to(Right(role)) for role in (Role.MEMBER, Role.READER, Role.OPERATOR))
    assert member == {
        *("help", "login", "why", "list", "show", "operation", "user add", "user rotate", "user remove"),
    }
    assert reader - member == {"users", "health", "report"}
    assert {*BY_NAME} - operator == {"revoke"}
    assert "revoke" not in open_to(Right(Role.ADMIN, "payments"))
    assert "revoke" in open_to(Right(Role.ADMIN))


TWO = Command(
    "why",
    "",
    "",
    Need(),
    (Argument("registry", Kind.REGISTRY, optional=True), Argument("username", Kind.USERNAME, optional=True)),
)


@pytest.mark.parametrize(
    ("command", "words", "names"),
    [
        (TWO, 0, []),
        (TWO, 1, ["username"]),
        (TWO, 2, ["registry", "username"]),
        (TWO, 3, None),
        (BY_NAME["user rotate"], 0, None),
        (BY_NAME["user rotate"], 1, ["username"]),
        (BY_NAME["user rotate"], 2, ["registry", "username"]),
        (BY_NAME["user remove"], 1, None),
        (BY_NAME["mute"], 2, ["duration", "reason"]),
        (BY_NAME["mute"], 3, ["registry", "duration", "reason"]),
        (BY_NAME["list"], 0, []),
        (BY_NAME["list"], 1, None),
    ],
)
def test_words_are_given_out_from_the_end(command: Command, words: int, names: list[str] | None) -> None:
    taken = command.taking(words)
    assert (None if taken is None else [argument.name for argument in taken]) == names


OPTIONS = [(command, option) for command in COMMANDS for option in command.own_options]


@pytest.mark.parametrize(("command", "option"), OPTIONS, ids=lambda each: each.name)
def test_the_example_of_an_option_is_taken(command: Command, option: Option) -> None:
    without_options = command.example.partition("=")[0].rpartition(" ")[0]
    asked = parse(f"{without_options} {option.usage}")
    assert isinstance(asked, Asked), asked
    assert len(asked.options) == 1
    for body in BODIES.get(command.name, ()):
        body.model_validate(fields(asked), context=POLICY)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("list", {}),
        ("create demo readOnly=yes deleteEnabled=no", {"readOnly": True, "deleteEnabled": False}),
        ("create demo tags.team=a tags.cost=1", {"tags": {"team": "a", "cost": "1"}}),
        ("create demo tags.a.b=c", {"tags": {"a.b": "c"}}),
        ("create demo allowedIpRanges=anyone", {"allowedIpRanges": None}),
        ("create demo allowedIpRanges=nobody", {"allowedIpRanges": []}),
        ("create demo allowedIpRanges=10.0.0.0/8,::1", {"allowedIpRanges": ["10.0.0.0/8", "::1/128"]}),
        ("create demo sku=null", {"sku": "null"}),
        ("user add ci expiresAfter=never description=never", {"expiresAfter": None, "description": "never"}),
        ("user rotate ci overlap=24h", {"overlap": "P1D"}),
        ("delete demo confirm=X", {}),
    ],
)
def test_options_become_fields_of_a_body(text: str, found: dict[str, object]) -> None:
    asked = parse(text)
    assert isinstance(asked, Asked), asked
    assert fields(asked) == found

"""Whatever is written: nothing is done that does not stand there, and what is echoed is what is done."""

# ruff: noqa: RUF001 - what phones and word processors make of hyphens
import html
import re

from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.chat.command import Kind
from shared.domain.chat.grammar import BY_NAME, COMMANDS
from shared.domain.chat.help import misunderstanding
from shared.domain.chat.parsing import Misunderstood, parse
from shared.domain.chat.talk import MENTION, Asked, Platform
from shared.domain.text import is_line
from tests.unit.domain.chat.examples import anything, begun, markup
from tests.unit.domain.examples import registry_names, usernames

DESTRUCTIVE = [
    *(command.example for command in COMMANDS if command.asks_first),
    "revoke <@U123|jane>",
    'user remove "payments" ci confirm=AB-12',
    "user remove payments <mailto:jane@example.com|jane@example.com>",
    "<at>Berthage</at>&nbsp;delete payments",
]
INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212"), "-")
NAMES = {Kind.REGISTRY, Kind.USERNAME, Kind.PERSON, Kind.OPERATION}


def seen(text: str) -> str:
    """What the reader of a message sees, in lower case: of a link its label, of a tag nothing."""
    shown = re.sub(r"<[^<>|]*\||[<>]", "", re.sub(r"</?(?:p|div|span|br)\b[^<>]*>", " ", text))
    return INVISIBLE.sub("", html.unescape(shown)).translate(DASHES).lower()


def stands_in(name: str, text: str) -> bool:
    """Does the whole name, and no part of a longer one, stand there?"""
    whole = rf"(?<![a-z0-9._@-])@?{re.escape(name.lower())}(?![a-z0-9._@-])"
    return re.search(whole, seen(text)) is not None


def is_mentioned(person: str, text: str) -> bool:
    return f"<@{person}>" in (shown := INVISIBLE.sub("", text)) or f"<@{person}|" in shown


def all_stands_in(asked: Asked, text: str) -> bool:
    kinds = {argument.name: argument.kind for argument in BY_NAME[asked.command].arguments}
    names = [word for name, word in asked.arguments.items() if kinds.get(name, Kind.USERNAME) in NAMES]
    if person := asked.arguments.get(MENTION):
        names.remove(person)
    return (
        all(stands_in(word, text) for word in [*asked.command.split(), *names])
        and (person is None or is_mentioned(person, text))
        and all(part.lower() in seen(text) for word in texts(asked) for part in re.findall(r"\w+", word))
    )


def texts(asked: Asked) -> list[str]:
    """Its free text and its confirmation."""
    kept = [asked.options.get(name, "") for name in ("description", "confirm", "image", "sku", "location")]
    return [
        *kept,
        asked.arguments.get("reason", ""),
        *(v for k, v in asked.options.items() if k.startswith("tags.")),
    ]


@given(anything | markup | begun)
@example("MUTE aaa 1h <at></at> <at></at>")
@example("\ud800")
@example("delete pay\u202estnem")
def test_any_text_is_misunderstood_or_a_command_that_stands_there(text: str) -> None:
    found = parse(text)
    if isinstance(found, Misunderstood):
        assert misunderstanding(Platform.SLACK, found).text
        return
    assert parse(found.echo) == found
    assert is_line(found.echo)
    assert all_stands_in(found, text) or found == Asked("help")


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A destructive command with one character taken out, put in, or replaced."""
    text = draw(st.sampled_from(DESTRUCTIVE))
    at = draw(st.integers(0, len(text)))
    new = draw(st.sampled_from([*"abcmps -–.@<>|&;=\"'\\\u200b\u00a0", ""]) | st.characters())
    return text[:at] + new + text[at + draw(st.integers(0, 1)) :]


@given(mutated())
@example("revoke <@U123|jane>a")
@example('revoke "<@U123|jane>"')
def test_a_slip_of_the_finger_never_destroys_what_is_not_named(text: str) -> None:
    found = parse(text)
    if isinstance(found, Asked):
        assert all_stands_in(found, text)
        assert parse(found.echo) == found


@given(registry_names, usernames)
@example("p1d", "P")
@example("mute", "1h")
def test_every_registry_and_user_can_be_named(registry: str, username: str) -> None:
    asked = Asked("user remove", {"registry": registry, "username": username})
    assert parse(asked.echo) == asked
    assert parse(f"why {username}") == Asked("why", {"username": username})
    assert parse(f"mute {registry} 1h {registry}") == Asked(
        "mute", {"registry": registry, "duration": "PT1H", "reason": registry}
    )


lines = st.text(
    st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")) | st.sampled_from("“”«éß漢😀")
).map(lambda text: " ".join(text.split()))


@given(lines, lines, st.permutations(["description", "expiresAfter"]))
def test_free_text_comes_back_as_it_was(reason: str, description: str, order: list[str]) -> None:
    mute = Asked("mute", {"duration": "PT1H", "reason": reason or "because"})
    values = {"description": description, "expiresAfter": "P1D"}
    add = Asked("user add", {"username": "ci"}, {name: values[name] for name in order})
    assert parse(mute.echo) == mute
    assert parse(add.echo) == add


def test_these_tests_would_notice() -> None:
    """The measure itself: of a name, only the whole one stands there."""
    delete = Asked("delete", {"registry": "payments"})
    assert all_stands_in(delete, "delete &quot;pay\u200bments&quot;")
    assert not all_stands_in(delete, "delete payments-2")
    assert not all_stands_in(delete, "restore payments")
    assert not all_stands_in(Asked("revoke", {MENTION: "U12"}), "revoke <@U123>")
    assert not all_stands_in(Asked("revoke", {"username": "jane"}), "revoke <@U123|janea>")
    assert not all_stands_in(Asked("mute", {"duration": "PT1H", "reason": "war"}), "mute 1h peace")

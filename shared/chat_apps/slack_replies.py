"""A reply as Slack takes it: Block Kit. Limits: docs.slack.dev/reference/block-kit."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from shared.chat_apps.marks import MARKS
from shared.chat_apps.mrkdwn import fitting, units, with_code
from shared.chat_apps.slack_requests import OPEN_LINK, Press, numbered
from shared.domain.chat.talk import Button, Reply, SecretLink, Tone
from shared.domain.text import cut, one_line

MOST_TEXT = 3000
"""Of one section, counted as UTF-16."""
MOST_SECTIONS, MOST_BUTTONS = 8, 25
MOST_LABEL, MOST_VALUE, MOST_URL = 75, 2000, 3000
ROOM = 1200
"""Of the text, and of one line."""
MOST_ASKED = 20
"""People and channels that are named: each mention in a private reply reaches nobody, but takes its room."""
_PERSON, _CHANNEL = re.compile(r"[UW][A-Z0-9]{1,63}"), re.compile(r"[CG][A-Z0-9]{1,63}")

type Json = dict[str, Any]


def message(reply: Reply) -> Json:
    """What is said, wherever it is said. Raises `ValueError` for what must not be: a secret link that others see."""
    if reply.link and not reply.private:
        raise ValueError("A secret link is only for a reply that its reader alone sees")
    return {"text": _fallback(reply), "blocks": [block.to_dict() for block in _blocks(reply)]}


def answer(reply: Reply) -> Json:
    """The answer to a slash command."""
    return {"response_type": "ephemeral" if reply.private else "in_channel", **message(reply)}


def response(reply: Reply, press: Press) -> Json:
    """What goes to the `response_url` of a pressed button.

    A message that one person alone sees is never answered with one that all see, and one that all see is only replaced
    by another such.
    """
    private = press.in_private or reply.private
    replaces = reply.replaces and private == press.in_private
    how = {"response_type": "ephemeral" if private else "in_channel", "replace_original": replaces}
    return {**how, **message(reply)}


def _fallback(reply: Reply) -> str:
    """Of notifications, of screen readers, and where blocks can't be shown. Never the link."""
    sign, word = MARKS.get(reply.tone, ("", ""))
    text = _text(reply)
    return f"{sign} {word}: {text}" if word else text or "…"


def _blocks(reply: Reply) -> Iterator[Block]:
    yield _section(_verdict(reply))
    yield from _sections(reply.lines)
    yield from _small(_named(reply))
    if reply.link:
        yield ActionsBlock(elements=[_opening(reply.link)])
        yield from _small(_literal(reply.link.note))
    if reply.buttons:
        yield ActionsBlock(
            elements=[_button(button, place) for place, button in enumerate(reply.buttons[:MOST_BUTTONS])]
        )


def _verdict(reply: Reply) -> str:
    sign, word = MARKS.get(reply.tone, ("", ""))
    text = _text(reply)
    return f"{sign} *{word}:* {text}" if word else text or "…"


def _text(reply: Reply) -> str:
    person = f"<@{reply.about}>" if _PERSON.fullmatch(reply.about) else ""
    return fitting(with_code(one_line(reply.text), person), ROOM)


def _sections(lines: Sequence[str]) -> Iterator[Block]:
    """As many lines as there is room for, and how many there are besides."""
    said = [_literal(line) for line in lines]
    packed = list(_packed(said))
    for text, _ in packed[:MOST_SECTIONS]:
        yield _section(text)
    if more := sum(count for _, count in packed[MOST_SECTIONS:]):
        yield from _small(f"and {more} more")


def _packed(lines: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Lines put together to texts of sections, each with how many are in it."""
    text, count = "", 0
    for line in filter(None, lines):
        longer = f"{text}\n{line}" if text else line
        if units(longer) > MOST_TEXT:
            yield text, count
            longer, count = line, 0
        text, count = longer, count + 1
    if text:
        yield text, count


def _named(reply: Reply) -> str:
    """Who can let it be done; of a request to those, who asks."""
    label = "Ask" if reply.tone is Tone.REFUSED else "Asked by"
    mentions = [found for found in map(_mention, reply.who) if found]
    if not mentions:
        return ""
    more = f" and {len(mentions) - MOST_ASKED} more" if len(mentions) > MOST_ASKED else ""
    return f"{label}: {' '.join(mentions[:MOST_ASKED])}{more}"


def _mention(given: str) -> str:
    if _PERSON.fullmatch(given):
        return f"<@{given}>"
    return f"<#{given}>" if _CHANNEL.fullmatch(given) else ""


def _opening(link: SecretLink) -> ButtonElement:
    if len(link.url) > MOST_URL:
        raise ValueError("The link is longer than Slack takes")
    return ButtonElement(text=_label(link.label), action_id=OPEN_LINK, url=link.url)


def _button(button: Button, place: int) -> ButtonElement:
    """Its value is signed: cut short it would be nothing."""
    if len(button.value) > MOST_VALUE:
        raise ValueError("The value of a button is longer than Slack takes")
    style = "danger" if button.danger else None
    name = numbered(button.action, place)
    return ButtonElement(text=_label(button.label), action_id=name, value=button.value, style=style)


def _label(text: str) -> PlainTextObject:
    return PlainTextObject(text=cut(one_line(text), MOST_LABEL) or "…", emoji=False)


def _literal(text: str) -> str:
    return fitting(with_code(one_line(text)), ROOM)


def _section(text: str) -> Block:
    return SectionBlock(text=MarkdownTextObject(text=text, verbatim=True))


def _small(text: str) -> Iterator[Block]:
    if text:
        yield ContextBlock(elements=[MarkdownTextObject(text=text, verbatim=True)])

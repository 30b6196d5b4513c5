"""Messages that we post in chat by ourselves and then keep up to date: how an operation goes, and who is asked.

What is kept of a message is where it stands. No address that opens a chat is, and no word that only one person may
see.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field

from shared.domain.chat.talk import Button, Platform, Reply, Tone
from shared.domain.operations import Kind, Operation, Status, Step
from shared.domain.records import Model, Nested, Record

POSTS = "_posts"
"""The partition of the table `chat`."""
STEPS = {
    Status.SUCCEEDED: "✓",
    Status.FAILED: "✗",
    Status.CANCELED: "-",
    Status.RUNNING: "…",
    Status.NOT_STARTED: "·",
}
FOLLOWED_FOR = timedelta(hours=2)
"""A message about an operation that takes longer says where to look."""


class PostKind(StrEnum):
    """What a message is about."""

    PROGRESS = "Progress"
    REQUEST = "Request"
    """Somebody is asked whether somebody else may."""
    DECISION = "Decision"
    """Whoever asked is told."""
    NOT_ASKED = "NotAsked"
    """Whoever asked is told that somebody could not be."""


class KeptButton(Model):
    """A button as its row keeps it. Its value is signed, and good for those alone whom the signature names."""

    label: str
    action: str
    value: str
    danger: bool = False


class Post(Record):
    """One message."""

    id_key: str
    kind: PostKind
    channel: str
    """Where it stands, or is to stand: an id of a channel, or of a person, who then gets it directly."""
    asker: str
    """Id of the person who asked; where the channel is closed to us, the message goes there."""
    asked: str
    """The command, as it is written; of a decision the whole sentence."""
    operation: str | None = None
    about: str = ""
    """Id of the person whom it mentions."""
    tone: Tone = Tone.PLAIN
    """Of a decision, or of what came of it."""
    buttons: Nested[list[KeptButton]] = Field(default_factory=list)
    message: str | None = None
    """Which message it is, as the platform names it; `None` until it is posted."""
    posted_to: str | None = None
    """The channel that it was posted to, as the platform names it."""
    shown: str = ""
    """What it says."""
    turn: int = 0
    claimed_by: str = ""
    deadline: datetime
    """It is set in motion again then, if it has not moved."""
    pending: bool = True
    """Is there anything more to be said? A flag, so that a query finds them."""
    error: str | None = None
    failing_since: datetime | None = None
    """Since when no turn has gone well."""
    created_at: datetime

    @property
    def key(self) -> str:
        return self.id_key

    def claimed(self, turn: int, message_id: str, deadline: datetime) -> Self | None:
        """With this turn taken, or `None`: it is a duplicate, or late. A message that comes again may go on."""
        again = self.turn == turn + 1 and self.claimed_by == message_id
        if not self.pending or (self.turn != turn and not again):
            return None
        return self.change(turn=turn + 1, claimed_by=message_id, deadline=deadline)


def kept(buttons: Sequence[Button]) -> list[KeptButton]:
    """As a row keeps them."""
    return [KeptButton(**vars(button)) for button in buttons]


def request(post: Post) -> Reply:
    """Somebody is asked."""
    return Reply(
        text=f"May this be done? `{post.asked}`",
        lines=("Who asks may not do it. Approved, it is done in your name. This is good for an hour.",),
        tone=Tone.WARNING,
        private=False,
        about=post.about,
        who=(post.asker,),
        buttons=tuple(Button(**button.model_dump()) for button in post.buttons),
    )


def decision(post: Post) -> Reply:
    """Somebody who may has decided, and there is no more to it."""
    lines = () if post.tone is Tone.REFUSED else ("What you asked for was approved.",)
    return Reply(post.asked, lines, post.tone, about=post.about)


def not_asked(post: Post) -> Reply:
    """Somebody who may was not reached: others may have been."""
    text = f"Somebody who may could not be asked for this: `{post.asked}`"
    return Reply(text, ("If nobody decides, ask them yourself.",), Tone.PROBLEM, about=post.about)


def said(post: Post, operation: Operation | None, now: datetime) -> Reply:
    """What the message says as things stand."""
    if post.kind is PostKind.PROGRESS:
        return progress(post, operation, now)
    return {PostKind.REQUEST: request, PostKind.DECISION: decision, PostKind.NOT_ASKED: not_asked}[post.kind](
        post
    )


def is_last(post: Post, operation: Operation | None, now: datetime) -> bool:
    """Is there nothing more to be said after this?"""
    if post.kind is not PostKind.PROGRESS or operation is None or operation.final:
        return True
    return now - post.created_at > FOLLOWED_FOR


def progress(post: Post, operation: Operation | None, now: datetime) -> Reply:
    """How the operation stands: the verdict, then its steps."""
    asked = post.asked
    if operation is None:
        return Reply(text=f"`{asked}`: its operation is not kept any more.", private=False)
    if operation.kind is Kind.REVOKE_USER:  # asked for by a mention, perhaps, and one of several
        asked = f"revoke {operation.user}"
    steps = [f"{STEPS[step.status]} {_named(step)}" for step in operation.steps]
    if operation.final:
        return _ended(asked, operation, steps)
    if is_last(post, operation, now):
        text = f"`{asked}` goes on, and this message follows it no longer."
        how = Platform.SLACK.spoken(f"operation {operation.id}")
        return Reply(text=text, lines=(f"To see how it is: {how}",), private=False)
    obstacle = [f"Waits: {operation.obstacle.message}"] if operation.obstacle else []
    since = f"{_seconds(now - operation.created_at)} so far"
    return Reply(text=f"`{asked}` … {since}", lines=(*steps, *obstacle), private=False)


def _ended(asked: str, operation: Operation, steps: Sequence[str]) -> Reply:
    took = _seconds((operation.ended_at or operation.created_at) - operation.created_at)
    if operation.status is Status.SUCCEEDED:
        return Reply(text=f"`{asked}` in {took}", tone=Tone.DONE, private=False)
    if operation.status is Status.CANCELED:
        return Reply(text=f"Canceled after {took}: `{asked}`", tone=Tone.WARNING, private=False)
    why = [operation.error.message, operation.error.fix] if operation.error else []
    text = f"Failed after {took}: `{asked}`"
    return Reply(text=text, lines=(*why, *steps), tone=Tone.PROBLEM, private=False)


def _named(step: Step) -> str:
    tries = f", sent {step.attempts} times" if step.attempts > 1 else ""
    return f"{step.name}{tries}"


def _seconds(span: timedelta) -> str:
    seconds = max(0, round(span.total_seconds()))
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"

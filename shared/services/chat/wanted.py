"""What a reply wants posted besides itself: how its operations go, requests to those who may, word to whoever asked."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ulid import ULID

from shared.domain.chat.posts import Post, PostKind, kept
from shared.domain.chat.talk import Approval, Platform, Reply, Speaker, Tone, mentioned_in

NOT_FOLLOWED = "to see how it goes."
"""Ends the line that a reply has in place of a message that follows."""
NOBODY_ASKED = Reply(
    "Nobody was asked: this control plane can't post messages here.", ("Ask them yourself.",), Tone.PROBLEM
)
PERHAPS_ASKED = Reply(
    "It is not certain that anybody was asked: Table Storage does not answer just now.",
    ("Say the command again in a minute: that makes a new button.",),
    Tone.PROBLEM,
)


@dataclass(frozen=True)
class NewPosts:
    """Makes posts of one moment. Each is set in motion again at `deadline`, if it has not moved."""

    now: datetime
    deadline: datetime

    def of(self, speaker: Speaker, reply: Reply, asked: str) -> Iterator[Post]:
        """All that the reply wants. `asked`: the command, in its one written form."""
        for operation in reply.follows:
            yield self._progress(operation, speaker.channel, speaker.user, asked)
        if reply.approval:
            for owner in reply.approval.to:
                yield self._request(reply.approval, owner)
        if reply.asker:
            yield from self._told(reply.asker, reply, asked)

    def not_asked(self, request: Post) -> Post:
        """For whoever asked: this one does not reach whom it was for."""
        post = self._post(PostKind.NOT_ASKED, request.asker, request.asker, request.asked)
        return post.change(about=request.about)

    def _progress(self, operation: str, channel: str, asker: str, asked: str) -> Post:
        return self._post(PostKind.PROGRESS, channel, asker, asked).change(operation=operation)

    def _request(self, approval: Approval, owner: str) -> Post:
        post = self._post(PostKind.REQUEST, owner, approval.asker, approval.asks)
        return post.change(about=mentioned_in(approval.asks), buttons=kept(approval.buttons))

    def _told(self, asker: str, reply: Reply, asked: str) -> Iterator[Post]:
        """Whoever has asked hears directly what was decided, and how it goes on."""
        for operation in reply.follows:
            yield self._progress(operation, asker, asker, asked)
        if not reply.follows:
            post = self._post(PostKind.DECISION, asker, asker, reply.text)
            yield post.change(tone=reply.tone, about=reply.about)

    def _post(self, kind: PostKind, channel: str, asker: str, asked: str) -> Post:
        return Post(
            id_key=str(ULID.from_datetime(self.now)),
            kind=kind,
            channel=channel,
            asker=asker,
            asked=asked,
            deadline=self.deadline,
            created_at=self.now,
        )


def instead(platform: Platform, reply: Reply, not_asked: Reply) -> Reply:
    """The reply where nothing can be posted: whom it concerns hears what to do about it."""
    if reply.approval:
        return not_asked
    lines = (f"Say {platform.spoken(f'operation {operation}')} {NOT_FOLLOWED}" for operation in reply.follows)
    return replace(reply, lines=(*reply.lines, *lines))

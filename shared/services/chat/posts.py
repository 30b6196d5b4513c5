"""Posts messages in chat and keeps them up to date: one message for each operation, edited as its steps end.

The row comes first, then the message in the queue; each turn is claimed by ETag, as those of operations are. A process
that dies between the platform's answer and the row posts a second message: chats know no repeated request.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import batched, islice

from ulid import ULID

from shared.domain.chat.posts import POSTS, Post, PostKind, is_last, said
from shared.domain.chat.talk import Platform, Reply, Speaker
from shared.domain.errors import ConflictError, DependencyError, PermanentError, TemporaryError
from shared.domain.messages import PostMessage
from shared.domain.records import Delete
from shared.ports import Chat, Queue, Table
from shared.services.chat.wanted import NOBODY_ASKED, PERHAPS_ASKED, NewPosts, instead
from shared.services.state import MAX_TRANSACTION, Clock, State, retry_on_conflict
from shared.telemetry.logs import bound

logger = logging.getLogger(__name__)

FIRST_DELAY, LONGEST_DELAY = 1.0, 15.0
"""Seconds between two looks at an operation: longer and longer."""
KEPT = timedelta(days=7)
GIVEN_UP_AFTER = timedelta(minutes=30)
"""So long a platform that does not answer is tried, since it did."""


class Posts:
    """`chat` is asked for by turns alone; `None`: we can't post, and whoever asks is told how to follow instead.

    `stale_seconds`: how long a turn may stay silent before `reconcile` enqueues it again.
    """

    def __init__(
        self,
        table: Table,
        queue: Queue[PostMessage],
        state: State,
        chat: Callable[[], Chat] | None,
        now: Clock,
        stale_seconds: float,
    ) -> None:
        self._table, self._queue, self._state, self._chat, self._now = table, queue, state, chat, now
        self._stale = timedelta(seconds=stale_seconds)

    def accept(self, speaker: Speaker, reply: Reply, asked: str) -> Reply:
        """Keeps what the reply wants posted, all of it or nothing. The reply says so where nothing can be."""
        posts = list(self._new().of(speaker, reply, asked))
        if not posts:
            return reply
        if self._chat is None or speaker.platform is not Platform.SLACK:
            return instead(speaker.platform, reply, NOBODY_ASKED)
        try:
            self._keep(posts)
        except (ConflictError, DependencyError) as error:  # what was done is done all the same
            logger.warning("what follows a reply can't be posted: %s", error)
            return instead(speaker.platform, reply, PERHAPS_ASKED)
        for post in posts:
            self._enqueue(post, 0)
        return reply

    def run(self, message: PostMessage, message_id: str) -> None:
        """One turn. Raises `DependencyError` if it can't be claimed, and what nobody foresaw."""
        with bound(post=message.post):
            post = self._claim(message, message_id)
            if post is None:
                logger.info("not ours, dropped")
                return
            try:
                self._continue(self._shown(post, self._opened()))
            except TemporaryError as error:
                self._later(post, error)
            except PermanentError as error:
                self._give_up(post, error)

    def abandon(self, message: PostMessage) -> None:
        """Of a message that failed again and again: its turn is tried once more for a while, then given up.

        One that never got its turn, or was overtaken, says nothing of the post. Raises `DependencyError`.
        """
        row = self._table.get(POSTS, message.post)
        post = Post.from_row(row) if row else None
        if post and post.pending and post.turn == message.turn + 1:
            again = "its message failed again and again"
            self._later(post, TemporaryError("InternalError", again, self._stale.total_seconds()))

    def pending(self, report: Callable[[str], None]) -> None:
        """What has not moved past its deadline goes on; `report` is told which."""
        rows = self._table.query(POSTS, "0", "~", where={"pending": True})
        for post in map(Post.from_row, rows):
            if post.deadline < self._now():
                self._enqueue(post, 0)
                report(post.key)

    def forget(self, most: int) -> int:
        """Removes what was posted long ago; says how many."""
        oldest = str(ULID.from_datetime(self._now() - KEPT))
        keys = [row.key for row in islice(self._table.query(POSTS, "0", oldest), most)]
        for batch in batched(keys, MAX_TRANSACTION, strict=False):
            with suppress(ConflictError):  # another run is at it
                self._table.transact(POSTS, [Delete(key) for key in batch])
        return len(keys)

    def _keep(self, posts: Sequence[Post]) -> None:
        """Nobody else knows their keys: where one is found, they are there, and only an answer was lost."""
        try:
            self._table.transact(POSTS, [post.save() for post in posts])
        except ConflictError:
            if self._table.get(POSTS, posts[0].key) is None:
                raise

    def _new(self) -> NewPosts:
        now = self._now()
        return NewPosts(now, now + self._stale)

    @retry_on_conflict
    def _claim(self, message: PostMessage, message_id: str) -> Post | None:
        row = self._table.get(POSTS, message.post)
        post = Post.from_row(row) if row else None
        claimed = post.claimed(message.turn, message_id, self._now() + self._stale) if post else None
        if claimed:
            self._table.transact(POSTS, [claimed.save()])
            row = self._table.get(POSTS, message.post)
            return Post.from_row(row) if row else None
        return None

    def _opened(self) -> Chat:
        if self._chat is None:
            raise PermanentError("SlackOff", "SLACK_BOT_TOKEN is not set any more", "Set it.")
        return self._chat()

    def _shown(self, post: Post, chat: Chat) -> Post:
        """Posted, or changed where it says something else by now."""
        operation = self._state.operation_by_id(post.operation)
        reply = said(post, operation, self._now())
        shown = "\n".join([reply.text, *reply.lines])
        pending = not is_last(post, operation, self._now())
        if post.message is None:
            channel, message = self._posted(post, reply, chat)
            return post.change(posted_to=channel, message=message, shown=shown, pending=pending)
        if shown != post.shown:
            chat.update(post.posted_to or post.channel, post.message, reply)
        return post.change(shown=shown, pending=pending)

    def _posted(self, post: Post, reply: Reply, chat: Chat) -> tuple[str, str]:
        """Where we may not speak, the asker gets it directly."""
        try:
            return chat.post(post.channel, reply)
        except PermanentError:
            if post.kind is PostKind.REQUEST or post.channel == post.asker:
                raise
            return chat.post(post.asker, reply)

    def _continue(self, post: Post) -> None:
        age = self._now() - post.created_at
        delay = min(LONGEST_DELAY, max(FIRST_DELAY, age.total_seconds() / 8))
        self._save(post.change(failing_since=None), delay)

    def _later(self, post: Post, error: TemporaryError) -> None:
        since = post.failing_since or self._now()
        if self._now() - since > GIVEN_UP_AFTER:
            self._give_up(post, error)
            return
        logger.warning("later: %s", error)
        delay = min(max(error.retry_after, 5.0), GIVEN_UP_AFTER.total_seconds())
        self._save(post.change(failing_since=since), delay)

    def _give_up(self, post: Post, error: Exception) -> None:
        logger.error("a message in chat is given up: %s", error)
        told = [self._new().not_asked(post)] if post.kind is PostKind.REQUEST else []
        self._save(post.change(pending=False, error=str(error)), 0, *told)

    def _save(self, post: Post, delay: float, *new: Post) -> None:
        saved = post.change(deadline=self._now() + self._stale + timedelta(seconds=delay))
        try:
            self._table.transact(POSTS, [each.save() for each in (saved, *new)])
        except ConflictError:
            return  # a later turn has been claimed: this one was given up for lost
        for each in (saved, *new):
            if each.pending:
                self._enqueue(each, delay)

    def _enqueue(self, post: Post, delay: float) -> None:
        try:
            self._queue.send(PostMessage(post=post.key, turn=post.turn), delay)
        except DependencyError as error:
            logger.warning("post %s waits for reconcile: %s", post.key, error)

"""What answers in chats, and posts there."""

from __future__ import annotations

# ruff: noqa: PLC0415 - the imports inside functions are this package's purpose
from functools import cache, cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.core import NOTICES_QUEUE, now
from shared.bootstrap.health import HealthServices
from shared.ports import Table
from shared.services.chat.replays import Replays

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.ports import Chat
    from shared.services.chat.conversation import Conversation
    from shared.services.chat.posts import Posts
    from shared.services.notifying.poison import NoticePoison
    from shared.sinks.slack_responses import SlackResponses


class ChatServices(HealthServices):
    """What answers in chats, and posts there."""

    @cached_property
    def chat(self) -> Table:
        """What is remembered of conversations."""
        return self._table("chat")

    @cached_property
    def replays(self) -> Replays:
        """Knows signed requests again. The first look at the storage: where that hangs, people hear it in time."""
        return Replays(self._table("chat", hurried=True), now)

    @cached_property
    def posts(self) -> Posts:
        """Messages in chat that are kept up to date."""
        from shared.azure.queues import StorageQueue
        from shared.services.chat.posts import Posts

        queue = StorageQueue(self._connection, NOTICES_QUEUE)
        stale_seconds = self.settings.operation_stale_seconds
        return Posts(self.chat, queue, self.state, self._slack_api, now, stale_seconds)

    @property
    def _slack_api(self) -> Callable[[], Chat] | None:
        """Without a token there is nobody to post as."""
        url, token = self.settings.slack_api_url, self.settings.slack_bot_token
        if not token:
            return None

        def opened() -> Chat:
            from shared.chat_apps.slack_replies import message
            from shared.sinks.slack_api import SlackApi

            return SlackApi(url, token, message)

        return cache(opened)

    @cached_property
    def conversation(self) -> Conversation:
        """What is answered to people in chats."""
        from shared.services.chat.assembly import Parts, assembled

        parts = Parts(
            self.registries,
            self.soft_delete,
            self.accounts,
            self.reveal_offers,
            self.diagnoses,
            self.people,
            self.operations,
            self.health_history,
            self.status_board,
            self.mutes,
            lambda: self.reports,
            self.refusals,
            self._trail,
        )
        return assembled(parts, self.chat, self.settings, now)

    @cached_property
    def slack_responses(self) -> SlackResponses:
        """Answers pressed buttons."""
        from urllib.parse import urlsplit

        from shared.sinks.sender import Sender
        from shared.sinks.slack_responses import SECONDS, SlackResponses

        api_url = self.settings.slack_api_url
        allowed = {*self.settings.sink_allowed_hosts, urlsplit(api_url).hostname or ""}
        return SlackResponses(api_url, Sender(allowed, SECONDS))

    @cached_property
    def notice_poison(self) -> NoticePoison:
        """What becomes of deliveries whose messages failed again and again."""
        from shared.services.notifying.poison import NoticePoison

        return NoticePoison(self.deliveries, self.posts)

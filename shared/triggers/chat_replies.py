"""What a person in a chat hears, whatever goes wrong."""

import logging
from collections.abc import Callable
from dataclasses import replace

from shared.bootstrap import services
from shared.domain.chat.talk import Reply, Speaker, Tone
from shared.domain.errors import ApiError, DependencyError
from shared.triggers.known_errors import as_api_error
from shared.triggers.throttle import admit

logger = logging.getLogger(__name__)

NOT_FOLLOWED = "Nothing more can be said of it here just now: ask again in a while."


def replied(speaker: Speaker, say: Callable[[], Reply]) -> Reply:
    """What is said, whatever goes wrong: a person waits for it. Requests are counted by who speaks."""
    try:
        admit(speaker.actor, writes=True, shows_secret=False)
        return _followed(speaker, say())
    except Exception as error:  # noqa: BLE001 - the edge: nothing may leave as a stack trace
        return problem(as_api_error(error))


def _followed(speaker: Speaker, reply: Reply) -> Reply:
    """With what it wants posted kept. That this failed must not hide that something was done."""
    try:
        return services().posts.accept(speaker, reply, reply.echo)
    except DependencyError as error:
        logger.warning("what follows a reply can't be posted: %s", error)
        return replace(reply, lines=(*reply.lines, NOT_FOLLOWED))


def problem(error: ApiError) -> Reply:
    """For a person in a chat."""
    return Reply(error.message, (error.fix,), Tone.PROBLEM)

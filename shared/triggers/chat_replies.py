"""What a person in a chat hears, whatever goes wrong."""

from collections.abc import Callable

from shared.bootstrap import services
from shared.domain.chat.talk import Reply, Speaker, Tone
from shared.domain.errors import ApiError
from shared.triggers.known_errors import as_api_error
from shared.triggers.throttle import admit


def replied(speaker: Speaker, say: Callable[[], Reply]) -> Reply:
    """What is said, whatever goes wrong: a person waits for it. Requests are counted by who speaks."""
    try:
        admit(speaker.actor, writes=True, shows_secret=False)
        reply = say()
        return services().posts.accept(speaker, reply, reply.echo)
    except Exception as error:  # noqa: BLE001 - the edge: nothing may leave as a stack trace
        return problem(as_api_error(error))


def problem(error: ApiError) -> Reply:
    """For a person in a chat."""
    return Reply(error.message, (error.fix,), Tone.PROBLEM)

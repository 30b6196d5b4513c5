"""Whether a one-time link may stand in an answer, and for whom it opens then.

In Slack the asker alone sees it. In Teams everybody in the channel does, and who clicks first would have the password:
there it must open for one signed-in person alone, or there is none.
"""

from dataclasses import dataclass

from shared.domain.chat.talk import Platform, Reply, Speaker, Tone
from shared.domain.grants import principal

_SEEN_BY_ALL = "No link here: Teams shows this answer to everybody in the channel."
_NO_SIGN_IN = (
    "Whoever came first would have the password. Where people sign in to the control plane with Microsoft Entra, "
    "the link opens for you alone: whoever runs it finds in docs/chatops.md how to switch that on."
)
_NOT_KNOWN = "Teams does not say who you are in Microsoft Entra, so there is nobody for whom alone the link could open."
_ELSEWHERE = (
    "Until then ask in Slack, or let somebody with a key of the API do it for you. Nothing was changed."
)


@dataclass(frozen=True)
class MayBeShown:
    """A link may stand in the answer."""

    only_for: str | None = None
    """The principal that has to be signed in to open it. `None`: whoever has the link, and that is who asked."""


def link_for(speaker: Speaker, *, people_sign_in: bool) -> MayBeShown | Reply:
    """May this speaker be answered with a one-time link? The refusal, if not.

    `people_sign_in`: App Service authentication is on, so that the page knows who opens it.
    """
    if speaker.platform is Platform.SLACK:
        return MayBeShown()
    if not people_sign_in:
        return Reply(_SEEN_BY_ALL, (_NO_SIGN_IN, _ELSEWHERE), Tone.REFUSED)
    if speaker.entra_id is None:
        return Reply(_SEEN_BY_ALL, (_NOT_KNOWN, _ELSEWHERE), Tone.REFUSED)
    return MayBeShown(principal("user", speaker.entra_id))

"""An attempt to tell one sink of one notice."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.messages import NoticeMessage
from shared.domain.notices import delivering
from shared.domain.notices.notice import Notice


@dataclass(frozen=True)
class Attempt:
    """An attempt that is ours. `is_again`: its message has failed before, and the host delivers it once more."""

    notice: Notice
    message: NoticeMessage
    message_id: str
    is_again: bool = False
    paused_until: datetime | None = None
    """Its deadline before we gathered it, if it was in the pause after an attempt."""

    def is_still_ours(self, present: Notice) -> bool:
        """Has nobody else taken it up since?"""
        claimed_by = present.deliveries[self.message.sink].claimed_by
        return delivering.is_at(present, self.message) and claimed_by == self.message_id

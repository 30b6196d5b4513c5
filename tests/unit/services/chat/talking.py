"""A conversation over in-memory ports: people of one workspace, by what `ROLE_GRANTS` says of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.domain.audit import AuditEntry
from shared.domain.chat.talk import Button, Platform, Reply, Speaker
from shared.domain.grants import Grant
from shared.domain.report.facts import Links
from shared.services.audit.reader import Audit, Wanted
from shared.services.audit.refusals import Refusals
from shared.services.chat.assembly import Parts, assembled
from shared.services.health.history import HealthHistory
from shared.services.reporting.archive import Archive
from shared.services.reporting.gathering import Display, Gathering
from shared.services.reporting.reports import Reports
from shared.services.status.board import StatusBoard
from shared.services.users.diagnosis import Diagnoses
from tests.fakes import FakeTable
from tests.unit.services.rig import NAME, POLICY, Rig

TEAM = "T0TEAM"
HASH = "$2b$05$" + "a" * 53


def slack(user: str, channel: str = "C0DEV") -> Speaker:
    """Somebody who writes in a channel."""
    return Speaker(Platform.SLACK, TEAM, user, channel)


ADMIN, OPERATOR, READER, MEMBER, NOBODY = map(slack, ("U0ADMIN", "U0OPS", "U0READ", "U0MEMBER", "U0NOBODY"))
NAMED = slack("U0JANE")
"""A Member whose grant names its user: `jane`."""
EVERYBODY = (ADMIN, OPERATOR, READER, MEMBER, NAMED, NOBODY)
GRANTS: Sequence[dict[str, Any]] = (
    {"principal": f"slack:{TEAM}/U0ADMIN", "role": "Admin"},
    {"principal": f"slack:{TEAM}/U0OPS", "role": "Operator", "registry": "demo*"},
    {"principal": f"slack:{TEAM}/U0READ", "role": "Reader", "registry": "demo*"},
    {"principal": f"slack:{TEAM}/U0MEMBER", "role": "Member", "registry": "demo*"},
    {"principal": f"slack:{TEAM}/U0JANE", "role": "Member", "registry": "demo*", "username": "jane"},
    {"principal": f"slack:{TEAM}/C0TEAM", "role": "Member", "registry": "demo"},
    {"principal": f"slack:{TEAM}/C0OPS", "role": "Operator", "registry": "demo*"},
    {"principal": "user:boss@example.com", "role": "Admin"},
)


class Chat:
    """What people write, and what they are answered. `rig` is everything behind it."""

    def __init__(self, grants: Sequence[dict[str, Any]] = GRANTS, **settings: Any) -> None:
        self.rig, self.table = Rig(), FakeTable()
        self.policy = POLICY.model_copy(
            update={"role_grants": tuple(Grant.model_validate(each) for each in grants), **settings}
        )
        self.rig.grants[:] = self.policy.role_grants
        self.conversation = assembled(self._parts(), self.table, self.policy, self.rig.clock)
        self._messages = 0

    def say(self, text: str, speaker: Speaker = ADMIN, message: str | None = None) -> Reply:
        """A message of its own, unless `message` says which."""
        self._messages += 1
        return self.conversation.say(speaker, text, message or f"message-{self._messages}")

    def press(self, button: Button, speaker: Speaker = ADMIN) -> Reply:
        return self.conversation.press(speaker, button.action, button.value)

    def confirm(self, text: str, speaker: Speaker = ADMIN) -> Reply:
        """Said, and its first button pressed."""
        return self.press(self.say(text, speaker).buttons[0], speaker)

    def add_user(self, username: str, registry: str = NAME, **fields: Any) -> None:
        """One whose registry knows it."""
        self.rig.create(registry) if registry not in self.rig.index_names() else None
        self.rig.put_user(username, password_hash=HASH, **fields)
        self.rig.drain()

    def audited(self) -> list[AuditEntry]:
        """Everything, the oldest first."""
        entries, _ = Audit(self.rig.trail, self.rig.clock, 365).page(Wanted(), 1000)
        return entries[::-1]

    @property
    def now(self) -> datetime:
        return self.rig.clock.now

    def _parts(self) -> Parts:
        rig, now = self.rig, self.rig.clock
        history = HealthHistory(rig.registries, rig.health_table, rig.mutes, "0 */5 * * * *", now)
        return Parts(
            rig.registries,
            rig.soft_delete,
            rig.accounts,
            rig.reveal_offers,
            Diagnoses(rig.state, rig.registries, rig.accounts, now),
            rig.people,
            rig.operations,
            history,
            StatusBoard(rig.health_table),
            rig.mutes,
            self._reports,
            Refusals(rig.trail, now),
            rig.trail,
        )

    def _reports(self) -> Reports:
        rig, now = self.rig, self.rig.clock
        display = Display("UTC", Links("https://api.example", "sub", "group"))
        gathering = Gathering(
            rig.state, rig.health_table, rig.capacity, rig.trail, now, display=display, expiry_days=7
        )
        return Reports(gathering, Archive(rig.health_table, now), now)


def said(reply: Reply) -> str:
    """All that anybody reads of it."""
    return "\n".join([reply.text, *reply.lines])


def elsewhere(speaker: Speaker, channel: str) -> Speaker:
    """The same person in another channel."""
    return replace(speaker, channel=channel)

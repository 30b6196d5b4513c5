"""Puts the conversation together from the services that it speaks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from shared.domain.registries.registry_spec import Policy
from shared.ports import Table
from shared.services.audit.refusals import Refusals
from shared.services.audit.trail import AuditTrail
from shared.services.chat.admission import Admission
from shared.services.chat.approvals import Approvals
from shared.services.chat.callers import Callers
from shared.services.chat.chat_commands import ChatCommands
from shared.services.chat.confirmations import Confirmations
from shared.services.chat.conversation import Conversation
from shared.services.chat.health_commands import HealthCommands
from shared.services.chat.login_commands import LoginCommands
from shared.services.chat.once import Once
from shared.services.chat.person_commands import PersonCommands
from shared.services.chat.registry_commands import RegistryCommands
from shared.services.chat.rows import ChatRows
from shared.services.chat.said import Deed
from shared.services.chat.seals import Seals
from shared.services.chat.times import Times
from shared.services.chat.user_commands import UserCommands
from shared.services.health.history import HealthHistory
from shared.services.health.mutes import Mutes
from shared.services.operations.reader import Operations
from shared.services.registries.catalog import Registries
from shared.services.registries.soft_delete import SoftDelete
from shared.services.state import Clock
from shared.services.status.board import StatusBoard
from shared.services.users.accounts import Accounts
from shared.services.users.diagnosis import Diagnoses
from shared.services.users.people import People
from shared.services.users.reveal_offers import RevealOffers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.domain.grants import Grant
    from shared.services.reporting.reports import Reports


class ChatPolicy(Policy, Protocol):
    """Settings that a conversation goes by."""

    @property
    def role_grants(self) -> "Sequence[Grant]":
        """Who has which role."""

    @property
    def probe_key(self) -> str:
        """The control plane's own secret: what buttons say is signed with a key that derives from it."""

    @property
    def display_time_zone(self) -> str:
        """In which times are said."""

    @property
    def website_auth_enabled(self) -> bool:
        """Does Entra say who opens a page of this app?"""


@dataclass(frozen=True)
class Parts:
    """What a conversation speaks for. `reports` is asked when somebody wants one."""

    registries: Registries
    soft_delete: SoftDelete
    accounts: Accounts
    reveal_offers: RevealOffers
    diagnoses: Diagnoses
    people: People
    operations: Operations
    history: HealthHistory
    board: StatusBoard
    mutes: Mutes
    reports: "Callable[[], Reports]"
    refusals: Refusals
    trail: AuditTrail


def assembled(parts: Parts, table: Table, policy: ChatPolicy, now: Clock) -> Conversation:
    """`table`: the one of chats."""
    rows, seals, callers = ChatRows(table), Seals(policy.probe_key), Callers(policy.role_grants)
    once = Once(rows, now)
    times = Times(now, ZoneInfo(policy.display_time_zone))
    return Conversation(
        _deeds(parts, rows, callers, policy, times),
        Admission(callers, rows, parts.operations.user_of),
        callers,
        Confirmations(seals, once, now),
        Approvals(seals, once, parts.trail, now),
        once,
        parts.refusals,
    )


def _deeds(
    parts: Parts, rows: ChatRows, callers: Callers, policy: ChatPolicy, times: Times
) -> Mapping[str, Deed]:
    signed_in = policy.website_auth_enabled
    return {
        **ChatCommands(parts.registries, parts.operations, rows, parts.trail, times).deeds,
        **RegistryCommands(parts.registries, parts.soft_delete, policy, times).deeds,
        **UserCommands(parts.accounts, parts.diagnoses, times).deeds,
        **LoginCommands(parts.accounts, parts.reveal_offers, times, signed_in=signed_in).deeds,
        **PersonCommands(parts.people, callers).deeds,
        **HealthCommands(parts.history, parts.board, parts.mutes, parts.reports, times).deeds,
    }

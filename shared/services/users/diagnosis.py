"""Why can this user not log in? Everything that stands in the way, the registry first; each with its fix."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.domain.health.codes import Severity
from shared.domain.operations import Operation
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.users.user import User, UserState
from shared.services.registries.catalog import Registries, RegistryAnswer
from shared.services.requests import nearest
from shared.services.state import Clock, State
from shared.services.users.accounts import Accounts
from shared.services.users.directory import UserAnswer

_COMING = {
    ProvisioningState.CREATING: "is being created",
    ProvisioningState.RESTORING: "is being restored",
    ProvisioningState.DELETING: "is being deleted",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was found. `code` is stable. `blocks`: it keeps the user out."""

    code: str
    message: str
    fix: str
    blocks: bool = True
    since: datetime | None = None
    """Of what began at a time."""
    nearest: str | None = None
    """The user that may have been meant."""
    operation: str | None = None
    """What there is to wait for."""


@dataclass(frozen=True)
class Diagnosis:
    """What was found about one user of one registry; without a hindrance the password is what is left."""

    registry: str
    username: str
    findings: list[Finding]

    @property
    def can_log_in(self) -> bool:
        """With the right password, as far as the control plane can see."""
        return not any(finding.blocks for finding in self.findings)


class Diagnoses:
    """Raises `ApiError` 404 for a registry that is not there, `DependencyError` when the tables are away."""

    def __init__(self, state: State, registries: Registries, accounts: Accounts, now: Clock) -> None:
        self._state, self._registries, self._accounts, self._now = state, registries, accounts, now

    def of(self, registry: str, username: str, *, names_others: bool) -> Diagnosis:
        """`names_others`: its reader may know who else there is."""
        home = self._registries.get(registry)
        user = self._state.user(registry, username)
        if user is None or user.state is UserState.DELETING:
            found = [*_about_registry(home), self._unknown(home.registry, username, user, names_others)]
            return Diagnosis(registry, username, found)
        answer = self._accounts.get(registry, username)
        findings = [
            *_about_registry(home),
            *_about_user(answer, home.registry, self._now()),
        ]
        if not any(finding.blocks for finding in findings):
            findings.append(_password(registry, user))
        return Diagnosis(registry, username, findings)

    def _unknown(self, home: Registry, username: str, user: User | None, names_others: bool) -> Finding:
        path = f"/api/registries/{home.name}/users/{username}"
        if user is None and home.importing and self._state.staged_hash(home, username):
            wait = f"Wait for it: GET /api/operations/{home.importing}?wait=30"
            message = f"'{username}' is about to be imported."
            return Finding("ImportInProgress", message, wait, operation=home.importing)
        if user:
            message = f"'{username}' was removed {user.updated_at:%Y-%m-%d %H:%M} UTC."
            fix = f"To create the user anew: PUT {path}"
            return Finding("UserDeleted", message, fix, since=user.updated_at)
        known = (each.username for each in self._state.users(home.name)) if names_others else ()
        similar = nearest(username, known)
        fix = f"Did you mean '{similar}'? Names are case-sensitive." if similar else f"Create it: PUT {path}"
        message = f"Registry '{home.name}' has no user named '{username}'."
        return Finding("UserNotFound", message, fix, nearest=similar)


def _about_registry(home: RegistryAnswer) -> Iterator[Finding]:
    registry, path = home.registry, f"/api/registries/{home.registry.name}"
    if registry.is_soft_deleted:
        message = f"Registry '{registry.name}' is deleted; nobody can log in."
        yield Finding("RegistrySoftDeleted", message, f"To have it back as it was: POST {path}/restore")
        return
    if what := _COMING.get(registry.provisioning_state):
        message = f"Registry '{registry.name}' {what}."
        yield Finding(
            "RegistryNotReady", message, _wait_for(home.operation), operation=_id_of(home.operation)
        )
        return
    if not registry.provisioned:
        message = f"Registry '{registry.name}' never came up: its create has failed."
        yield Finding(
            "RegistryNotProvisioned", message, f"Look at its last operation, then PUT {path} again."
        )
        return
    verdict = home.verdict
    if verdict and verdict.severity is not Severity.OK:
        yield Finding(
            "RegistryUnhealthy",
            f"{verdict.code.value} at {verdict.checked_at:%Y-%m-%d %H:%M} UTC: {verdict.message}",
            verdict.fix,
            blocks=verdict.severity is Severity.CRITICAL,
        )
    if registry.is_restricted:
        ranges = registry.desired.allowed_ip_ranges or ["nowhere"]
        yield Finding(
            "AddressRestricted",
            f"Only from {', '.join(ranges)} can registry '{registry.name}' be reached; others get 403 before anybody "
            "looks at the login.",
            f"Where the client's address is another, add it: PATCH {path} with allowedIpRanges.",
            blocks=False,
        )


def _about_user(answer: UserAnswer, registry: Registry, now: datetime) -> Iterator[Finding]:
    path = f"/api/registries/{registry.name}/users/{answer.user.username}"
    if answer.user.state is UserState.DISABLED:
        since = f"{answer.user.updated_at:%Y-%m-%d %H:%M}"
        message = f"'{answer.user.username}' is disabled (last changed {since} UTC)."
        fix = f'PATCH {path} with {{"disabled": false}}: the password stays.'
        yield Finding("UserDisabled", message, fix, since=answer.user.updated_at)
    if answer.user.state is UserState.PENDING_REVEAL:
        since = f"{answer.user.created_at:%Y-%m-%d %H:%M}"
        message = (
            f"'{answer.user.username}' has no password yet: it was added {since} UTC, and nobody has opened the "
            "one-time link. If nobody does, the user goes when the link ends."
        )
        yield Finding(
            "PendingReveal", message, f"Open the link, or have a password made here: POST {path}/rotate"
        )
    if answer.user.expires_on and answer.user.expiry.is_over(now):
        message = f"'{answer.user.username}' expired {answer.user.expires_on:%Y-%m-%d %H:%M} UTC."
        fix = f"For a new password and a new term: POST {path}/rotate"
        yield Finding("UserExpired", message, fix, since=answer.user.expires_on)
    if answer.syncing:
        what = "waits for an import of users" if registry.importing else "is on its way to the registry"
        obstacle = answer.operation.obstacle if answer.operation else None
        why = f" In its way just now: {obstacle.message}" if obstacle else ""
        message = (
            f"The last change of '{answer.user.username}' {what}; until then the old state may count.{why}"
        )
        yield Finding("Syncing", message, _wait_for(answer.operation), operation=_id_of(answer.operation))


def _id_of(operation: Operation | None) -> str | None:
    return operation.id if operation else None


def _wait_for(operation: Operation | None) -> str:
    if operation is None:
        return "Ask again in a minute: what has stopped moving is set in motion every minute."
    return f"Wait for it: GET /api/operations/{operation.id}?wait=30"


def _password(registry: str, user: User) -> Finding:
    return Finding(
        "PasswordMayBeWrong",
        f"Nothing keeps '{user.username}' out. If the registry says 401 the password is not the one that was set "
        f"{user.secret_changed_at:%Y-%m-%d %H:%M} UTC.",
        f"For a new one: POST /api/registries/{registry}/users/{user.username}/rotate",
        blocks=False,
    )

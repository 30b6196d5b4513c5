"""Publishes the htpasswd file: rendered whole, put in place by one rename, witnessed by the registry itself.

The rename's source is the fence. A writer that fell asleep can't publish an old list over a new one, because a
newer writer deleted its temporary file before it read the users. docs/architecture.md tells the whole story.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from ulid import ULID

from shared.domain.errors import ConflictError, DependencyError, TemporaryError
from shared.domain.names import FILE_SHARE
from shared.domain.registries.registry import Registry
from shared.domain.users import htpasswd
from shared.domain.users.htpasswd import Projection
from shared.domain.users.user import User, logins
from shared.ports import Probe, Share, Shares
from shared.services.state import Clock, State, retry_on_conflict
from shared.telemetry.metrics import PUBLICATIONS
from shared.telemetry.traces import telemetry

logger = logging.getLogger(__name__)

RESTRICTED = "RegistryRestricted"
"""The error of a proof that nobody can get: the registry does not let us near it, as was asked for."""
LOCK_SECONDS = 15
"""How long one writer keeps others from doing the same work. Nothing depends on it but work."""


class Publisher:
    """Brings the file up to the users, and asks the registry whether it reads it."""

    def __init__(self, state: State, shares: Shares, probe: Probe, key: str, now: Clock) -> None:
        self._state, self._shares, self._probe, self._key, self._now = state, shares, probe, key, now

    def publish(self, registry: Registry) -> int:
        """Publishes the present users; returns the revision that now stands in the file.

        Raises `TemporaryError` when another writer is at it, or while an import is applied.
        """
        if registry.importing:
            raise _import_in_progress()
        writer = str(ULID())
        self._lock(registry, writer)
        try:
            revision = publish(self._state, self.share(registry), self._key, registry, writer)
        except (TemporaryError, DependencyError):
            self._unlock(registry, writer)
            raise
        if revision is None:
            raise TemporaryError("NewerWriter", "a newer writer publishes the file", 1)
        telemetry.record(PUBLICATIONS)
        self._acknowledge(registry, revision)
        return revision

    def share(self, registry: Registry) -> Share:
        """The registry's share. Raises `TemporaryError` while the storage account is not there yet."""
        if registry.file_endpoint is None:
            raise TemporaryError("WaitingForShare", "the registry's share is not there yet", 2)
        return self._shares.open(registry.file_endpoint, FILE_SHARE)

    def is_live(self, registry: Registry, revision: int) -> bool:
        """Does the file itself show this revision, or a newer one, of this incarnation?"""
        content = self.share(registry).read(htpasswd.FILE_NAME)
        header = htpasswd.read_header(content) if content else None
        return bool(header and header.intact and header.uid == registry.uid and header.revision >= revision)

    def prove(self, registry: Registry, revision: int) -> None:
        """Asks the registry itself. Raises `TemporaryError` until it lets the probe of `revision` in."""
        if registry.login_server is None:
            raise TemporaryError("WaitingForSite", "the registry's site is not there yet", 2)
        password = htpasswd.probe_password(self._key, registry.uid, revision)
        [seen] = self._probe.look([(registry.login_server, password)], login_only=True)
        if registry.is_restricted and seen.is_shut_out:
            raise TemporaryError(RESTRICTED, "the registry's own address rules keep us out", 1)
        if seen.member != 200 or not seen.is_registry:
            what = seen.failure.value if seen.failure else str(seen.member)
            code = "RegistryUnreachable" if seen.failure or seen.member != 401 else "RegistryReadsOldFile"
            raise TemporaryError(code, f"the registry answers its probe with: {what}", 1)
        self._raise(registry, proven_revision=revision)

    def _lock(self, registry: Registry, writer: str) -> None:
        projection = self._projection(registry)
        now = self._now()
        if projection.locked_until and projection.locked_until > now:
            raise TemporaryError("AnotherWriter", "another writer publishes the file", 1)
        until = now + timedelta(seconds=LOCK_SECONDS)
        try:
            locked = projection.change(locked_by=writer, locked_until=until)
            self._state.commit(registry.name, locked.save())
        except ConflictError:
            raise TemporaryError("AnotherWriter", "another writer publishes the file", 1) from None

    def _unlock(self, registry: Registry, writer: str) -> None:
        """Lets the next writer begin at once. If this does not come through, it waits until the lock is over."""
        with suppress(ConflictError, DependencyError, TemporaryError):
            projection = self._projection(registry)
            if projection.locked_by == writer:
                self._state.commit(registry.name, projection.change(locked_until=None).save())

    def _acknowledge(self, registry: Registry, revision: int) -> None:
        self._raise(registry, published_revision=revision, published_at=self._now(), locked_until=None)

    @retry_on_conflict
    def _raise(self, registry: Registry, **fields: object) -> None:
        """Sets `fields`, but a revision only ever rises."""
        projection = self._projection(registry)
        for name in ("published_revision", "proven_revision"):
            if name in fields and getattr(projection, name) >= fields[name]:
                fields = {key: value for key, value in fields.items() if key != name}
        if fields:
            self._state.commit(registry.name, projection.change(**fields).save())

    def _projection(self, registry: Registry) -> Projection:
        projection = self._state.projection(registry.name)
        if projection is None or projection.uid != registry.uid:
            raise TemporaryError("RegistryGone", "the registry is being deleted", 1)
        return projection


def publish(state: State, share: Share, key: str, registry: Registry, writer: str) -> int | None:
    """One run of the protocol, without a lock. `None`: a newer writer came, or the registry went.

    The order of the calls is the proof; a test explores its interleavings.
    """
    mine = f"{htpasswd.TEMPORARY_PREFIX}{writer}{htpasswd.TEMPORARY_SUFFIX}"
    share.create(mine)
    for name in share.names():
        if name.startswith(htpasswd.TEMPORARY_PREFIX) and name != mine:
            share.delete(name)
    present = state.registry(registry.name)  # the revision, and only then the users
    if present is None or present.uid != registry.uid:
        share.delete(mine)
        return None
    users = list(state.users(registry.name))
    if present.importing or _has_begun_to_import(state, present, users):
        share.delete(mine)
        raise _import_in_progress()
    content = htpasswd.render(key, present.uid, present.users_revision, logins(users))
    if not share.write(mine, content):
        return None
    if share.rename(mine, htpasswd.FILE_NAME):
        return present.users_revision
    # the source is gone: a newer writer deleted it, or our own rename happened and its answer was lost
    return present.users_revision if share.read(htpasswd.FILE_NAME) == content else None


def _has_begun_to_import(state: State, seen: Registry, users: Sequence[User]) -> bool:
    """Users who are newer than the revision that was read may be the first of an import."""
    if all(user.revision <= seen.users_revision for user in users):
        return False
    present = state.registry(seen.name)
    return present is not None and present.importing is not None


def _import_in_progress() -> TemporaryError:
    """Half an import is never published."""
    return TemporaryError("ImportInProgress", "an import of users is being applied", 1)

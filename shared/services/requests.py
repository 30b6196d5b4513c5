"""What requests share: who asks, under which condition, what a deleted registry refuses, and the nearest name."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.errors import ApiError, precondition_failed
from shared.domain.grants import CallerKind
from shared.domain.registries.registry import Registry
from shared.domain.roles import NOTHING, Access


@dataclass(frozen=True)
class Caller:
    """Who asks, and from where. `operation_key` is the client's own `Operation-Id`; `payload` tells requests apart."""

    actor: str
    request_id: str
    operation_key: str | None = None
    payload: bytes = b""
    access: Access = NOTHING
    kind: CallerKind = "system"
    name: str | None = None
    """How `ROLE_GRANTS` calls it."""
    principals: frozenset[str] = frozenset()
    """What a grant may call it."""
    address: str | None = None
    """`None` when it is not known, or when it is one of our own timers."""


@dataclass(frozen=True)
class Precondition:
    """`If-Match` and `If-None-Match: *`."""

    if_match: str | None = None
    create_only: bool = False

    def check(self, version_tag: str | None) -> None:
        """Raises `ApiError` 412 unless the resource is in the version that the caller means."""
        if self.create_only and version_tag is not None:
            raise precondition_failed("If-None-Match", version_tag)
        if self.if_match is None:
            return
        wanted = {tag.strip() for tag in self.if_match.split(",")}
        if version_tag is None or not wanted & {"*", version_tag}:
            raise precondition_failed("If-Match", version_tag)


def check_not_deleted(registry: Registry) -> None:
    """Raises `ApiError` 409 `RegistrySoftDeleted`, with both ways out, for what a soft-deleted registry can't take."""
    if not registry.is_soft_deleted:
        return
    until = f" and kept until {registry.purge_on:%Y-%m-%d %H:%M} UTC" if registry.purge_on else ""
    path = f"/api/registries/{registry.name}"
    raise ApiError(
        409,
        "RegistrySoftDeleted",
        f"Registry '{registry.name}' is deleted{until}.",
        f"To have it back with its images and users: POST {path}/restore. "
        f"To free the name, without a way back: DELETE {path}?purge=true&confirm={registry.name}",
        target=registry.name,
    )


def nearest(name: str, existing: Iterable[str]) -> str | None:
    """The existing name that looks most like `name`."""
    return next(iter(difflib.get_close_matches(name, list(existing), n=1)), None)

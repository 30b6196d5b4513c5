"""What a registry's row says after each kind of work, however it ended."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.operations import Intent, Kind, Operation, Status, Step
from shared.domain.records import Replace
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.resources.graph import ACCOUNT_REMOVED
from shared.domain.resources.settling import settled
from shared.domain.users.htpasswd import Projection
from tests.unit.domain.examples import NOW, UID, desired, registry

LATER = NOW + timedelta(minutes=1)
UP, GONE, FAILED = ProvisioningState.SUCCEEDED, ProvisioningState.SOFT_DELETED, ProvisioningState.FAILED
REMOVED = Step(name=ACCOUNT_REMOVED, status=Status.SUCCEEDED)


def ended(kind: Kind, was: ProvisioningState, **more: Any) -> Operation:
    intent = Intent(wanted=desired(sku="S1"), was=desired(), was_state=was)
    return Operation(
        registry="demo", id_key="01", uid=UID, kind=kind, deadline=NOW, created_at=NOW, intent=intent, **more
    )


def row(operation: Operation, status: Status) -> Registry:
    """The registry's row after that end, which nothing else changed with."""
    before = registry(sku="S1").change(etag="1", active_operation=operation.id, purge_on=LATER)
    [change] = settled(before, None, operation, status, LATER)
    assert isinstance(change, Replace)
    return Registry.from_row(change.row)


@pytest.mark.parametrize(
    ("operation", "status", "expected"),
    [
        (ended(Kind.CREATE_REGISTRY, ProvisioningState.CREATING), Status.SUCCEEDED, UP),
        (ended(Kind.DELETE_REGISTRY, UP), Status.SUCCEEDED, GONE),
        (ended(Kind.DELETE_REGISTRY, UP), Status.CANCELED, UP),
        (ended(Kind.DELETE_REGISTRY, UP), Status.FAILED, FAILED),
        (ended(Kind.RESTORE_REGISTRY, GONE), Status.CANCELED, GONE),
        (ended(Kind.PURGE_REGISTRY, GONE), Status.FAILED, GONE),
        (ended(Kind.PURGE_REGISTRY, GONE, steps=[REMOVED]), Status.FAILED, FAILED),
        (ended(Kind.PURGE_REGISTRY, UP), Status.FAILED, FAILED),
        (ended(Kind.RESTART_REGISTRY, UP), Status.FAILED, UP),
    ],
)
def test_a_registry_at_rest_shows_what_has_become_of_it(
    operation: Operation, status: Status, expected: ProvisioningState
) -> None:
    after = row(operation, status)
    assert (after.provisioning_state, after.active_operation) == (expected, None)
    assert after.purge_on == (LATER if expected is GONE else None)


def test_what_was_canceled_wants_again_what_it_wanted_before() -> None:
    update = ended(Kind.UPDATE_REGISTRY, UP)
    assert row(update, Status.CANCELED).desired.sku == "B1"
    assert row(update, Status.FAILED).desired.sku == "S1"


def test_a_restart_is_no_change_of_the_registry() -> None:
    assert row(ended(Kind.RESTART_REGISTRY, UP), Status.SUCCEEDED).updated_at == NOW
    assert row(ended(Kind.UPDATE_REGISTRY, UP), Status.SUCCEEDED).updated_at == LATER


def test_after_a_roll_back_there_is_no_address_and_no_file() -> None:
    create = ended(Kind.CREATE_REGISTRY, ProvisioningState.CREATING, rolling_back=True)
    before = registry().change(etag="1", login_server="demo.example", file_endpoint="https://files.example")
    file = Projection(uid=UID, etag="1", published_revision=3, proven_revision=3, published_at=NOW)
    changes = settled(before, file, create, Status.CANCELED, LATER)
    rows = [change.row for change in changes if isinstance(change, Replace)]
    after, unpublished = Registry.from_row(rows[0]), Projection.from_row(rows[1])
    assert (after.login_server, after.file_endpoint, after.provisioning_state) == (None, None, FAILED)
    assert (unpublished.published_revision, unpublished.proven_revision) == (-1, -1)
    assert unpublished.published_at is None

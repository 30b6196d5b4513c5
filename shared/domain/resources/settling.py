"""What a registry's row says once its lifecycle operation has ended, however it ended."""

from datetime import datetime

from shared.domain.operations import Kind, Operation, Status
from shared.domain.records import Change
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.resources.graph import ACCOUNT_REMOVED
from shared.domain.users.htpasswd import Projection


def settled(
    registry: Registry, projection: Projection | None, ended: Operation, status: Status, now: datetime
) -> list[Change]:
    """What changes together with that end. Not of a purge that has succeeded: of that registry nothing stays."""
    restarted = ended.kind is Kind.RESTART_REGISTRY  # which changes nothing of the registry
    at_rest = registry.at_rest(_state_after(ended, status), registry.updated_at if restarted else now)
    if status is Status.SUCCEEDED:
        return [at_rest.change(provisioned=True).save()]
    if status is Status.CANCELED and ended.intent and not ended.rolling_back:
        return [at_rest.change(desired=ended.intent.was).save()]
    if not ended.rolling_back or projection is None:
        return [at_rest.save()]
    unpublished = projection.change(published_revision=-1, proven_revision=-1, published_at=None)
    return [at_rest.change(login_server=None, file_endpoint=None).save(), unpublished.save()]


def _state_after(ended: Operation, status: Status) -> ProvisioningState:
    """What the registry shows when that operation has ended. A restart, however it ends, leaves it as it was."""
    if ended.kind is Kind.RESTART_REGISTRY and ended.intent:
        return ended.intent.was_state
    if status is Status.SUCCEEDED:
        is_delete = ended.kind is Kind.DELETE_REGISTRY
        return ProvisioningState.SOFT_DELETED if is_delete else ProvisioningState.SUCCEEDED
    if status is Status.CANCELED and ended.intent and not ended.rolling_back:
        return ended.intent.was_state
    return ProvisioningState.SOFT_DELETED if _can_still_be_restored(ended) else ProvisioningState.FAILED


def _can_still_be_restored(failed: Operation) -> bool:
    """A purge of what was soft-deleted has failed, and the images are still there: so is the way back."""
    was = failed.intent.was_state if failed.intent else None
    if failed.kind is not Kind.PURGE_REGISTRY or was is not ProvisioningState.SOFT_DELETED:
        return False
    gone = {step.name for step in failed.steps if step.status is Status.SUCCEEDED}
    return ACCOUNT_REMOVED not in gone

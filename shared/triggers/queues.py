"""Queue functions: one turn of an operation, or one batch of looks. What fails again and again is put aside."""

import logging

import azure.functions as func

from shared.bootstrap import CHECKS_QUEUE, LIFECYCLE_QUEUE, USERS_QUEUE, services
from shared.domain.messages import CheckMessage, Message
from shared.services.operations.handlers import Handler
from shared.telemetry.traces import telemetry

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

logger = logging.getLogger(__name__)

STORAGE = "AzureWebJobsStorage"


@bp.function_name("run_registry_operation")
@bp.queue_trigger("msg", queue_name=LIFECYCLE_QUEUE, connection=STORAGE)
def run_registry_operation(msg: func.QueueMessage) -> None:
    """One turn of a create, an update or a delete."""
    services().turns.run(Message.decode(msg.get_body()), str(msg.id), services().provisioning)


@bp.function_name("sync_htpasswd")
@bp.queue_trigger("msg", queue_name=USERS_QUEUE, connection=STORAGE)
def sync_htpasswd(msg: func.QueueMessage) -> None:
    """One turn of a user's change."""
    services().turns.run(Message.decode(msg.get_body()), str(msg.id), services().user_operations)


@bp.function_name("fail_registry_operation")
@bp.queue_trigger("msg", queue_name=f"{LIFECYCLE_QUEUE}-poison", connection=STORAGE)
def fail_registry_operation(msg: func.QueueMessage) -> None:
    """Ends the operation with a reason; never over a final state."""
    _end(msg, services().provisioning)


@bp.function_name("report_htpasswd_sync")
@bp.queue_trigger("msg", queue_name=f"{USERS_QUEUE}-poison", connection=STORAGE)
def report_htpasswd_sync(msg: func.QueueMessage) -> None:
    """A user's change, a revocation above all, is never given up: its operation says why it does not move."""
    _end(msg, services().user_operations)


@bp.function_name("check_registries")
@bp.queue_trigger("msg", queue_name=CHECKS_QUEUE, connection=STORAGE)
def check_registries(msg: func.QueueMessage) -> None:
    """Looks at a batch of registries."""
    with telemetry.span("check_registries", parent=""):
        services().health_checks.run(CheckMessage.decode(msg.get_body()))


@bp.function_name("drop_check")
@bp.queue_trigger("msg", queue_name=f"{CHECKS_QUEUE}-poison", connection=STORAGE)
def drop_check(msg: func.QueueMessage) -> None:
    """The next sweep has the same registries. This one never ends, so the heartbeat stays away."""
    logger.error("message %s of a health sweep failed again and again, dropped", msg.id)


def _end(msg: func.QueueMessage, handler: Handler) -> None:
    services().poison.end(msg.get_body(), f"{msg.id}, put aside at {msg.insertion_time}", handler)

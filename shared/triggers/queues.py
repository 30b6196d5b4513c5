"""Queue functions: one turn of an operation each. What fails again and again ends in a poison queue."""

import azure.functions as func

from shared.bootstrap import LIFECYCLE_QUEUE, USERS_QUEUE, services
from shared.domain.messages import Message
from shared.services.turns import Handler

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

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


def _end(msg: func.QueueMessage, handler: Handler) -> None:
    services().poison.end(msg.get_body(), f"{msg.id}, put aside at {msg.insertion_time}", handler)

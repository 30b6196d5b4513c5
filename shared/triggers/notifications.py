"""Queue functions that tell people: one attempt of one delivery, or one turn of a message in chat."""

import azure.functions as func

from shared.bootstrap import NOTICES_QUEUE, services
from shared.domain.messages import PostMessage, telling
from shared.triggers.queues import STORAGE

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there


@bp.function_name("send_notification")
@bp.queue_trigger("msg", queue_name=NOTICES_QUEUE, connection=STORAGE)
def send_notification(msg: func.QueueMessage) -> None:
    """One notice for one sink, or one message in chat."""
    message = telling(msg.get_body())
    if isinstance(message, PostMessage):
        services().posts.run(message, str(msg.id))
    else:
        services().deliveries.run(message, str(msg.id))


@bp.function_name("fail_notification")
@bp.queue_trigger("msg", queue_name=f"{NOTICES_QUEUE}-poison", connection=STORAGE)
def fail_notification(msg: func.QueueMessage) -> None:
    """Gives a delivery up; never one that has arrived."""
    services().notice_poison.end(msg.get_body(), f"{msg.id}, put aside at {msg.insertion_time}")

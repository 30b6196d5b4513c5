"""Queue functions that tell people: one attempt of one delivery each."""

import azure.functions as func

from shared.bootstrap import NOTICES_QUEUE, services
from shared.domain.messages import NoticeMessage
from shared.triggers.queues import STORAGE

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there


@bp.function_name("send_notification")
@bp.queue_trigger("msg", queue_name=NOTICES_QUEUE, connection=STORAGE)
def send_notification(msg: func.QueueMessage) -> None:
    """One notice for one sink."""
    services().deliveries.run(NoticeMessage.decode(msg.get_body()), str(msg.id))


@bp.function_name("fail_notification")
@bp.queue_trigger("msg", queue_name=f"{NOTICES_QUEUE}-poison", connection=STORAGE)
def fail_notification(msg: func.QueueMessage) -> None:
    """Gives a delivery up; never one that has arrived."""
    services().notice_poison.end(msg.get_body(), f"{msg.id}, put aside at {msg.insertion_time}")

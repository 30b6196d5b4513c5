"""Timer functions. Schedules are settings: six fields, seconds first."""

import azure.functions as func

from shared.bootstrap import services
from shared.telemetry.traces import telemetry

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

EVERY_FIVE_MINUTES = "0 */5 * * * *"


@bp.function_name("reconcile")
@bp.timer_trigger("timer", schedule="%RECONCILE_SCHEDULE%")
def reconcile(timer: func.TimerRequest) -> None:
    """Sets in motion again what has stopped moving."""
    _ = timer
    with telemetry.span("reconcile", parent=""):
        services().reconcile.run()


@bp.function_name("send_health_report")
@bp.timer_trigger("timer", schedule=EVERY_FIVE_MINUTES)
def send_health_report(timer: func.TimerRequest) -> None:
    """Makes, keeps and sends a report if one is due: that depends on a time zone, of which timers know nothing."""
    _ = timer
    with telemetry.span("send_health_report", parent=""):
        services().scheduled_reports.run()


@bp.function_name("sweep_health")
@bp.timer_trigger("timer", schedule="%HEALTH_SWEEP_SCHEDULE%")
def sweep_health(timer: func.TimerRequest) -> None:
    """Asks Azure for the state of all sites and hands out the registries in batches."""
    _ = timer
    with telemetry.span("sweep_health", parent=""):
        services().sweeps.start()

"""The numbers that an operator watches. Their attributes are kinds and outcomes, never names: names have no end."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A sum of what is recorded; with `distribution` also how it spreads. `unit` as in UCUM."""

    name: str
    unit: str
    description: str
    distribution: bool = False


OPERATIONS = Metric("berthage.operations", "{operation}", "Operations that ended, by kind and status.")
OPERATION_SECONDS = Metric(
    "berthage.operation.duration", "s", "From the request to the end, by kind and status.", distribution=True
)
OPERATION_TURNS = Metric(
    "berthage.operation.turns",
    "{turn}",
    "Turns that an operation took, by kind and status.",
    distribution=True,
)
TURN_SECONDS = Metric(
    "berthage.turn.duration", "s", "How long a turn took, by kind and outcome.", distribution=True
)
REQUEST_SECONDS = Metric(
    "berthage.request.duration", "s", "How long a request took, by function and status.", distribution=True
)
PUBLICATIONS = Metric("berthage.publications", "{file}", "htpasswd files that were published.")
RECONCILED = Metric("berthage.reconciled", "{item}", "What reconcile found or put right, by kind.")
DELIVERIES = Metric("berthage.deliveries", "{attempt}", "Attempts to tell a sink something, by outcome.")

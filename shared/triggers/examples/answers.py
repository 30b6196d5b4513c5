"""One example per answer model: every answer that is a model has one, and a test says which is missing."""

from shared.triggers.answer_models.audit import AuditEntryView
from shared.triggers.answer_models.base import Collection, View
from shared.triggers.answer_models.callers import WhoamiView
from shared.triggers.answer_models.health import Alive, MutedRegistry
from shared.triggers.answer_models.operations import ChangedOperationView, OperationView
from shared.triggers.answer_models.registries import RegistryView, RemovedRegistry
from shared.triggers.answer_models.registry_health import RegistryHealthView
from shared.triggers.answer_models.reports import KeptReportView, ReportView
from shared.triggers.answer_models.reveal import RevealedView, RevealStatusView
from shared.triggers.answer_models.status import StatusLinkView
from shared.triggers.answer_models.users import (
    DiagnosisView,
    ImportedUsers,
    PersonView,
    RemovedUser,
    UserView,
)
from shared.triggers.examples import callers, health, operations, registries, reports, users
from shared.triggers.examples.base import BASE, Json

EXAMPLES: dict[type[View], Json] = {
    RegistryView: registries.REGISTRY,
    UserView: users.USER,
    OperationView: operations.OPERATION,
    ChangedOperationView: operations.CHANGED_OPERATION,
    AuditEntryView: operations.AUDIT_ENTRY,
    RemovedRegistry: registries.REMOVED,
    RemovedUser: users.REMOVED_USER,
    DiagnosisView: users.DIAGNOSIS,
    PersonView: users.PERSON,
    ImportedUsers: users.IMPORTED,
    Alive: {"status": "Healthy"},
    RegistryHealthView: health.HEALTH,
    MutedRegistry: health.MUTED,
    ReportView: reports.REPORT,
    KeptReportView: reports.KEPT,
    StatusLinkView: callers.STATUS_LINK,
    RevealedView: users.REVEALED,
    RevealStatusView: users.REVEAL_STATUS,
    WhoamiView: callers.WHOAMI,
}
"""By the model of the answer."""

_NEXT: dict[type[View], str] = {
    RegistryView: "registries?maxpagesize=1&$skiptoken=demo",
    UserView: "registries/demo/users?maxpagesize=1&$skiptoken=ci",
}
"""Of a list: where there is more. What is not named here shows its last page."""


def example(model: type[View], *, shows_secret: bool = False) -> Json | None:
    """Of an answer; `None` if there is none. A list shows one of what it lists."""
    if issubclass(model, Collection):
        [listed] = model.__pydantic_generic_metadata__["args"]
        one = example(listed)
        more = {"nextLink": f"{BASE}/{_NEXT[listed]}"} if listed in _NEXT else {}
        return {"value": [one], **more} if one else None
    found = EXAMPLES.get(model)
    return found | users.SECRET if found and shows_secret and "password" in model.model_fields else found

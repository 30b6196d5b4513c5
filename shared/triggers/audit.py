"""The audit over HTTP. It can be read, and nothing else: no function changes or deletes an entry."""

import azure.functions as func

from shared.bootstrap import services
from shared.domain.roles import Need, Role
from shared.services.audit.reader import Wanted
from shared.services.requests import Caller
from shared.triggers.answer_models.audit import AuditEntryView
from shared.triggers.answer_models.base import Collection
from shared.triggers.answers import Answer, Text, next_page
from shared.triggers.audit_formats import CSV, JSON_LINES, json_lines, table
from shared.triggers.endpoint import endpoint
from shared.triggers.request_models.audit import AuditRequest
from shared.triggers.views.audit import audit_entry_view

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

ADMIN_OF_ALL = Need(Role.ADMIN, everywhere=True)
TEXTS = {"jsonl": (json_lines, JSON_LINES), "csv": (table, CSV)}


@endpoint(
    bp,
    "GET",
    "audit",
    AuditRequest,
    {200: (Collection[AuditEntryView], JSON_LINES, CSV)},
    needs=ADMIN_OF_ALL,
)
def list_audit(asked: AuditRequest, caller: Caller) -> Answer:
    """List who did what, and who was refused, the newest first: by registry, actor and day, as JSON, JSONL or CSV.

    A page may be short, or empty, and there is another one all the same: `nextLink` says so, or the header `Link` where
    the answer is no JSON.
    """
    _ = caller
    query = asked.query
    wanted = Wanted(query.registry, query.actor, query.since, query.until, query.after)
    entries, after = services().audit.page(wanted, query.size)
    views = [audit_entry_view(entry) for entry in entries]
    link = next_page(query, "audit", after)
    if query.format not in TEXTS:
        return Answer(200, Collection.of(views, link))
    write, media_type = TEXTS[query.format]
    return Answer(200, Text(write(views), media_type), {"Link": f'<{link}>; rel="next"'} if link else {})

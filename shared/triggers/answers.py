"""What a handler returns, and how the kinds of answers look: a resource, a removal, an operation, a page, an error."""

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import azure.functions as func

from shared.bootstrap import services
from shared.domain.errors import ApiError, OperationInProgressError
from shared.domain.operations import Operation
from shared.services.registries.catalog import RegistryAnswer
from shared.services.registries.soft_delete import Removed
from shared.services.users.directory import UserAnswer
from shared.triggers.answer_models.base import Collection, View
from shared.triggers.answer_models.registries import RegistryView, RemovedRegistry
from shared.triggers.answer_models.users import UserView
from shared.triggers.exchange import OPERATION_LOCATION
from shared.triggers.request_models.base import Page
from shared.triggers.views.errors import error_view
from shared.triggers.views.operations import (
    changed_operation_view,
    operation_link,
    operation_url,
    operation_view,
)
from shared.triggers.views.registries import plan_view, registry_view

RETRY_SECONDS = 2
JSON = "application/json"


@dataclass(frozen=True)
class Text:
    """A body that is no JSON of ours."""

    content: str
    media_type: str
    is_compressed: bool = False
    """On its way, by gzip: never where it holds a secret beside anything that a stranger may choose."""


@dataclass(frozen=True)
class Answer:
    """A status, a body, and headers besides those that every answer has."""

    status: int
    body: View | Text | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> func.HttpResponse:
        """As the worker takes it. No cache keeps it: an answer may hold a secret."""
        given = {"Cache-Control": "no-store", **self.headers}
        if isinstance(self.body, Text) and self.body.is_compressed:
            given["Content-Encoding"] = "gzip"
        content, media_type = self._content()
        return func.HttpResponse(content, status_code=self.status, headers=given, mimetype=media_type)

    def _content(self) -> tuple[bytes, str]:
        if isinstance(self.body, Text):
            text = self.body.content.encode()
            return gzip.compress(text, mtime=0) if self.body.is_compressed else text, self.body.media_type
        if self.body is None:
            return b"", JSON
        return json.dumps(self.body.plain(), ensure_ascii=False, indent=1).encode() + b"\n", JSON


def base() -> str:
    """Where callers reach this app: the start of every absolute link."""
    return services().settings.public_url


def resource[A: (RegistryAnswer, UserAnswer), V: (RegistryView, UserView)](
    status: int, view: Callable[[str, A], V], found: A
) -> Answer:
    """A resource; the headers say where to wait, if there is anything to wait for."""
    body = view(base(), found)
    return Answer(status, body, {"ETag": body.etag, **waiting(found.operation)})


def registry_change(found: RegistryAnswer) -> Answer:
    """A registry that was asked to change; after a dry run, what that would do."""
    if found.planned_only and found.plan:
        return Answer(200, plan_view(base(), found, found.plan), waiting(found.operation))
    return resource(201 if found.created else 200, registry_view, found)


def registry_work(found: RegistryAnswer) -> Answer:
    """A registry on which a request has begun work: 202 while that goes on, 200 when it has ended."""
    return resource(202 if waiting(found.operation) else 200, registry_view, found)


def removal(body: Callable[..., View], operation: Operation | None, **fields: object) -> Answer:
    """202 while something goes, 204 where there is nothing. `body` is its model, `fields` what it says."""
    if operation is None:
        return Answer(204)
    return Answer(202, body(**fields, operation=operation_link(base(), operation)), waiting(operation))


def removed_registry(removed: Removed) -> Answer:
    """202 with the work that removes it, 200 if it is soft-deleted and nothing is outstanding."""
    work = removed.operation
    link = operation_link(base(), work) if work else None
    body = RemovedRegistry(name=removed.name, purge_on=removed.purge_on, operation=link)
    return Answer(202 if work else 200, body, waiting(work))


def shown(operation: Operation) -> Answer:
    """An operation."""
    return Answer(200, operation_view(base(), operation), waiting(operation))


def changed(operation: Operation) -> Answer:
    """An operation that a request has started or changed."""
    status = 200 if operation.final else 202
    return Answer(status, changed_operation_view(base(), operation), waiting(operation))


def page_of[V: View](values: Sequence[V], query: Page, path: str, key: Callable[[V], str]) -> Answer:
    """One page. `values` has one more than the page holds if there is another page; `key` says where that begins."""
    here = list(values[: query.size])
    after = key(here[-1]) if len(values) > query.size else None
    return Answer(200, Collection.of(here, next_page(query, path, after)))


def next_page(query: Page, path: str, after: str | None) -> str | None:
    """The same list behind `after`; no link, if there is no next page."""
    if after is None:
        return None
    asked = query.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"size", "after"})
    parameters = {**asked, "maxpagesize": query.size, "$skiptoken": after}
    return f"{base()}/api/{path}?{urlencode(parameters, safe='$')}"


def refusal(error: ApiError) -> Answer:
    """An error, with the headers that belong to it."""
    headers = {"x-ms-error-code": error.code, **error.headers}
    if isinstance(error, OperationInProgressError):
        headers |= _location(error.operation_id)
    return Answer(error.status, error_view(error), headers)


def waiting(operation: Operation | None) -> dict[str, str]:
    """The headers that say where to wait; none if there is nothing to wait for."""
    if operation is None or operation.final:
        return {}
    return _location(operation.id)


def _location(operation_id: str) -> dict[str, str]:
    return {OPERATION_LOCATION: operation_url(base(), operation_id), "Retry-After": str(RETRY_SECONDS)}

"""Registries over HTTP."""

import azure.functions as func

from shared.bootstrap import services
from shared.domain.roles import Role
from shared.services.requests import Caller
from shared.triggers.answer_models import Collection, RegistryView, RemovedRegistry
from shared.triggers.answers import Answer, base, page_of, removal, resource
from shared.triggers.endpoint import endpoint
from shared.triggers.parsing import check_confirmation
from shared.triggers.request_models import (
    DeleteRegistryRequest,
    ListRequest,
    PutRegistryRequest,
    RegistryRequest,
)
from shared.triggers.views import registry_view

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

ONE = "registries/{registry}"


@endpoint(
    bp,
    "PUT",
    ONE,
    PutRegistryRequest,
    {201: RegistryView, 200: RegistryView},
    needs=Role.OPERATOR,
    fails=(409, 412),
)
def create_or_update_registry(asked: PutRegistryRequest, caller: Caller) -> Answer:
    """Create a registry, or change it: 201 for a new one; the operation says what is outstanding."""
    found = services().registries.put(asked.registry, asked.body, asked.headers.precondition, caller)
    return resource(201 if found.created else 200, registry_view, found)


@endpoint(bp, "GET", ONE, RegistryRequest, {200: RegistryView}, needs=Role.READER, fails=(404,))
def get_registry(asked: RegistryRequest, caller: Caller) -> Answer:
    """Show a registry with its health."""
    _ = caller
    return resource(200, registry_view, services().registries.get(asked.registry))


@endpoint(bp, "GET", "registries", ListRequest, {200: Collection[RegistryView]}, needs=Role.READER)
def list_registries(asked: ListRequest, caller: Caller) -> Answer:
    """List registries, in name order."""
    _ = caller
    found = services().registries.list(asked.query.after, asked.query.size + 1)
    views = [registry_view(base(), each) for each in found]
    return page_of(views, asked.query, "registries", lambda view: view.name)


@endpoint(
    bp,
    "DELETE",
    ONE,
    DeleteRegistryRequest,
    {202: RemovedRegistry, 204: None},
    needs=Role.ADMIN,
    fails=(409, 412),
)
def delete_registry(asked: DeleteRegistryRequest, caller: Caller) -> Answer:
    """Remove a registry: 202 while it goes, 204 if it is not there."""
    check_confirmation(asked)
    operation = services().registries.delete(asked.registry, asked.headers.precondition, caller)
    return removal(RemovedRegistry, operation, name=asked.registry)

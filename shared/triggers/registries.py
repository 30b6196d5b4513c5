"""Registries over HTTP."""

import azure.functions as func

from shared.bootstrap import services
from shared.triggers.endpoint import accepted, http_endpoint, page_answer, removal
from shared.triggers.parsing import caller, check_confirmation, parse
from shared.triggers.request_models import (
    DeleteRegistryRequest,
    ListRequest,
    PutRegistryRequest,
    RegistryRequest,
)
from shared.triggers.views import registry_view

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there


@bp.function_name("create_or_update_registry")
@bp.route("registries/{registry}", methods=["PUT"])
@http_endpoint
def create_or_update_registry(req: func.HttpRequest) -> func.HttpResponse:
    """201 for a new one, 200 otherwise; the operation says what is outstanding."""
    asked = parse(PutRegistryRequest, req, services().settings)
    found = services().registries.put(asked.registry, asked.body, asked.headers.precondition, caller(req))
    return accepted(201 if found.created else 200, registry_view, found)


@bp.function_name("get_registry")
@bp.route("registries/{registry}", methods=["GET"])
@http_endpoint
def get_registry(req: func.HttpRequest) -> func.HttpResponse:
    """One registry with its health."""
    found = services().registries.get(parse(RegistryRequest, req).registry)
    return accepted(200, registry_view, found)


@bp.function_name("list_registries")
@bp.route("registries", methods=["GET"])
@http_endpoint
def list_registries(req: func.HttpRequest) -> func.HttpResponse:
    """A page of registries, in name order."""
    page = parse(ListRequest, req).query
    found = services().registries.list(page.after, page.size + 1)
    return page_answer(registry_view, found, page, "registries", "name")


@bp.function_name("delete_registry")
@bp.route("registries/{registry}", methods=["DELETE"])
@http_endpoint
def delete_registry(req: func.HttpRequest) -> func.HttpResponse:
    """202 while it is removed, 204 if it is not there."""
    asked = parse(DeleteRegistryRequest, req)
    check_confirmation(asked)
    operation = services().registries.delete(asked.registry, asked.headers.precondition, caller(req))
    return removal({"name": asked.registry}, operation)

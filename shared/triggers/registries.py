"""Registries over HTTP."""

import azure.functions as func

from shared.bootstrap import services
from shared.domain.roles import Need, Role
from shared.services.requests import Caller
from shared.triggers.answer_models.base import Collection
from shared.triggers.answer_models.registries import RegistryPlanView, RegistryView, RemovedRegistry
from shared.triggers.answers import (
    Answer,
    base,
    page_of,
    registry_change,
    registry_work,
    removed_registry,
    resource,
)
from shared.triggers.endpoint import endpoint
from shared.triggers.parsing import is_purge
from shared.triggers.request_models.registries import (
    DeleteRegistryRequest,
    ListRequest,
    PatchRegistryRequest,
    PutRegistryRequest,
    RegistryRequest,
)
from shared.triggers.views.registries import registry_view

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

ONE = "registries/{registry}"


@endpoint(
    bp,
    "PUT",
    ONE,
    PutRegistryRequest,
    {201: RegistryView, 200: (RegistryView, RegistryPlanView)},
    needs=Role.OPERATOR,
    fails=(409, 412),
)
def create_or_update_registry(asked: PutRegistryRequest, caller: Caller) -> Answer:
    """Create a registry, or change it: 201 for a new one; the operation says what is outstanding."""
    condition, dry_run = asked.headers.precondition, asked.query.only_planned
    found = services().registries.put(asked.registry, asked.body, condition, caller, dry_run=dry_run)
    return registry_change(found)


@endpoint(
    bp,
    "PATCH",
    ONE,
    PatchRegistryRequest,
    {200: (RegistryView, RegistryPlanView)},
    needs=Role.OPERATOR,
    fails=(404, 409, 412),
)
def update_registry(asked: PatchRegistryRequest, caller: Caller) -> Answer:
    """Change some fields of a registry: a JSON merge patch, which never creates one."""
    condition, dry_run = asked.headers.precondition, asked.query.only_planned
    found = services().registries.patch(asked.registry, asked.body, condition, caller, dry_run=dry_run)
    return registry_change(found)


@endpoint(
    bp,
    "POST",
    f"{ONE}/restart",
    RegistryRequest,
    {202: RegistryView, 200: RegistryView},
    needs=Role.OPERATOR,
    fails=(404, 409, 412),
)
def restart_registry(asked: RegistryRequest, caller: Caller) -> Answer:
    """Restart a registry's site: 202 while it does, 200 for a repeat of one that has ended."""
    return registry_work(services().restart.start(asked.registry, asked.headers.precondition, caller))


@endpoint(bp, "GET", ONE, RegistryRequest, {200: RegistryView}, needs=Role.MEMBER, fails=(404,))
def get_registry(asked: RegistryRequest, caller: Caller) -> Answer:
    """Show a registry with its health."""
    _ = caller
    return resource(200, registry_view, services().registries.get(asked.registry))


@endpoint(bp, "GET", "registries", ListRequest, {200: Collection[RegistryView]}, needs=Role.MEMBER)
def list_registries(asked: ListRequest, caller: Caller) -> Answer:
    """List the registries that the caller may see, by name: those that are soft-deleted only with `state=deleted`."""
    query, visible = asked.query, caller.access.may_see
    found = services().registries.list(query.after, query.size + 1, visible, query.wanted)
    views = [registry_view(base(), each) for each in found]
    return page_of(views, query, "registries", lambda view: view.name)


@endpoint(
    bp,
    "DELETE",
    ONE,
    DeleteRegistryRequest,
    {202: RemovedRegistry, 200: RemovedRegistry, 204: None},
    needs=Need(Role.OPERATOR, unless={("purge", "true"): Role.ADMIN}),
    fails=(409, 412),
)
def delete_registry(asked: DeleteRegistryRequest, caller: Caller) -> Answer:
    """Delete a registry, or with `purge` remove it: 202 while it goes, 200 if it is deleted, 204 if it is not there.

    Images and users of a deleted registry stay until `purgeOn`. A purge leaves nothing. A registry that never came
    up has nothing to keep: all of it goes.
    """
    remove = services().soft_delete.purge if is_purge(asked) else services().soft_delete.delete
    removed = remove(asked.registry, asked.headers.precondition, caller)
    return removed_registry(removed) if removed else Answer(204)


@endpoint(
    bp,
    "POST",
    f"{ONE}/restore",
    RegistryRequest,
    {202: RegistryView, 200: RegistryView},
    needs=Role.OPERATOR,
    fails=(404, 409, 412),
)
def restore_registry(asked: RegistryRequest, caller: Caller) -> Answer:
    """Undo a delete: the same images, users and login server. 200 if that was done before."""
    return registry_work(services().soft_delete.restore(asked.registry, asked.headers.precondition, caller))

"""Users over HTTP."""

import azure.functions as func

from shared.bootstrap import services
from shared.domain.roles import Need, Role
from shared.domain.user_import import Mode
from shared.services.requests import Caller
from shared.triggers.answer_models import Collection, ImportedUsers, RemovedUser, UserView
from shared.triggers.answers import Answer, base, page_of, removal, resource, waiting
from shared.triggers.endpoint import endpoint
from shared.triggers.request_models import ImportRequest, ListUsersRequest, PutUserRequest, UserRequest
from shared.triggers.views import import_view, user_view

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

ALL = "registries/{registry}/users"
ONE = "registries/{registry}/users/{username}"
ADMIN_TO_REPLACE = Need(Role.OPERATOR, unless={("mode", Mode.REPLACE.value): Role.ADMIN})
"""A file that somebody cut short would lock out everybody who is missing in it."""


@endpoint(
    bp,
    "PUT",
    ONE,
    PutUserRequest,
    {201: UserView, 200: UserView},
    needs=Need(Role.OPERATOR, own=True),
    fails=(404, 409, 412),
    shows_secret=True,
)
def create_or_update_user(asked: PutUserRequest, caller: Caller) -> Answer:
    """Create a user, or change it: a new user's generated password is in this answer, and nowhere else."""
    found = services().accounts.put(
        asked.registry, asked.username, asked.body, asked.headers.precondition, caller
    )
    return resource(201 if found.created else 200, user_view, found)


@endpoint(
    bp,
    "POST",
    f"{ONE}/rotate",
    UserRequest,
    {200: UserView},
    needs=Need(Role.OPERATOR, own=True),
    fails=(404, 409, 412),
    shows_secret=True,
)
def rotate_user(asked: UserRequest, caller: Caller) -> Answer:
    """Rotate a user's password: the new one is in this answer, and nowhere else."""
    found = services().accounts.rotate(asked.registry, asked.username, asked.headers.precondition, caller)
    return resource(200, user_view, found)


@endpoint(bp, "GET", ONE, UserRequest, {200: UserView}, needs=Need(Role.READER, own=True), fails=(404,))
def get_user(asked: UserRequest, caller: Caller) -> Answer:
    """Show a user; never a hash."""
    _ = caller
    return resource(200, user_view, services().accounts.get(asked.registry, asked.username))


@endpoint(bp, "GET", ALL, ListUsersRequest, {200: Collection[UserView]}, needs=Role.READER, fails=(404,))
def list_users(asked: ListUsersRequest, caller: Caller) -> Answer:
    """List users, in name order."""
    _ = caller
    found = services().accounts.list(asked.registry, asked.query.after, asked.query.size + 1)
    views = [user_view(base(), each) for each in found]
    return page_of(views, asked.query, f"registries/{asked.registry}/users", lambda view: view.username)


@endpoint(
    bp,
    "DELETE",
    ONE,
    UserRequest,
    {202: RemovedUser, 204: None},
    needs=Need(Role.OPERATOR, own=True),
    fails=(404, 409, 412),
)
def delete_user(asked: UserRequest, caller: Caller) -> Answer:
    """Remove a user: 202 until the registry has proven that it refuses the user, 204 if there is none."""
    operation = services().accounts.delete(asked.registry, asked.username, asked.headers.precondition, caller)
    return removal(RemovedUser, operation, username=asked.username)


@endpoint(
    bp,
    "POST",
    f"{ALL}/import",
    ImportRequest,
    {202: ImportedUsers, 200: ImportedUsers},
    needs=ADMIN_TO_REPLACE,
    fails=(404, 409),
    shows_secret=True,
)
def import_users(asked: ImportRequest, caller: Caller) -> Answer:
    """Import users from an htpasswd file: up to 10,000 lines, checked first, then all of them or none."""
    found = services().imports.start(asked.registry, asked.body, asked.query.mode, caller)
    operation = found.operation
    return Answer(200 if operation.final else 202, import_view(base(), found), waiting(operation))

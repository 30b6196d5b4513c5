"""Users over HTTP."""

from dataclasses import replace

import azure.functions as func

from shared.bootstrap import services
from shared.domain.roles import Need, Role
from shared.domain.users.user_import import Mode
from shared.services.requests import Caller
from shared.services.users.directory import UserAnswer
from shared.services.users.own_user import check_lifetime, check_removal
from shared.triggers.answer_models.base import Collection
from shared.triggers.answer_models.logins import DockerConfig, PullSecret
from shared.triggers.answer_models.users import DiagnosisView, ImportedUsers, RemovedUser, UserView
from shared.triggers.answers import Answer, base, page_of, removal, resource, waiting
from shared.triggers.endpoint import endpoint
from shared.triggers.login_files import login_file
from shared.triggers.request_models.users import (
    ImportRequest,
    ListUsersRequest,
    LoginFormat,
    PatchUserRequest,
    PutUserRequest,
    RotateUserRequest,
    UserRequest,
)
from shared.triggers.views.users import diagnosis_view, import_view, user_view

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

ALL = "registries/{registry}/users"
ONE = "registries/{registry}/users/{username}"
ADMIN_TO_REPLACE = Need(Role.OPERATOR, unless={("mode", Mode.REPLACE.value): Role.ADMIN})
"""A file that somebody cut short would lock out everybody who is missing in it."""
USER_OR_LOGIN = (UserView, DockerConfig, PullSecret, "text/plain")


@endpoint(
    bp,
    "PUT",
    ONE,
    PutUserRequest,
    {201: USER_OR_LOGIN, 200: USER_OR_LOGIN},
    needs=Need(Role.OPERATOR, own=True),
    fails=(404, 409, 412),
    shows_secret=True,
)
def create_or_update_user(asked: PutUserRequest, caller: Caller) -> Answer:
    """Create a user, or change it: a new user's generated password is in this answer, and nowhere else."""
    check_lifetime(services().accounts, caller, asked.registry, asked.username, asked.body.model_fields_set)
    found = services().accounts.put(
        asked.registry,
        asked.username,
        asked.body,
        asked.headers.precondition,
        caller,
        as_file=asked.query.format is not LoginFormat.JSON,
    )
    return _user_or_login(201 if found.created else 200, asked.query.format, found, asked.body.password)


@endpoint(
    bp,
    "PATCH",
    ONE,
    PatchUserRequest,
    {200: UserView},
    needs=Role.OPERATOR,
    fails=(404, 409, 412),
    shows_secret=True,
)
def update_user(asked: PatchUserRequest, caller: Caller) -> Answer:
    """Change some of a user's fields: what is not sent stays, `null` takes it away."""
    found = services().accounts.patch(
        asked.registry, asked.username, asked.body, asked.headers.precondition, caller
    )
    return resource(200, user_view, found)


@endpoint(
    bp,
    "POST",
    f"{ONE}/rotate",
    RotateUserRequest,
    {200: USER_OR_LOGIN},
    needs=Need(Role.OPERATOR, own=True),
    fails=(404, 409, 412),
    shows_secret=True,
)
def rotate_user(asked: RotateUserRequest, caller: Caller) -> Answer:
    """Rotate a user's password: the new one is in this answer, and nowhere else.

    With `overlap` it is the password of a successor (`ci-2`), and the old name can log in until the overlap is over.
    """
    check_lifetime(services().accounts, caller, asked.registry, asked.username, asked.body.model_fields_set)
    found = services().accounts.rotate(
        asked.registry,
        asked.username,
        asked.headers.precondition,
        caller,
        asked.body,
        as_file=asked.query.format is not LoginFormat.JSON,
    )
    return _user_or_login(200, asked.query.format, found, None)


@endpoint(bp, "GET", ONE, UserRequest, {200: UserView}, needs=Need(Role.READER, own=True), fails=(404,))
def get_user(asked: UserRequest, caller: Caller) -> Answer:
    """Show a user; never a hash."""
    _ = caller
    return resource(200, user_view, services().accounts.get(asked.registry, asked.username))


@endpoint(
    bp,
    "GET",
    f"{ONE}/diagnose",
    UserRequest,
    {200: DiagnosisView},
    needs=Need(Role.READER, own=True),
    fails=(404,),
)
def diagnose_user(asked: UserRequest, caller: Caller) -> Answer:
    """Say why a user can't log in: everything that stands in the way, each with its fix."""
    may_read = caller.access.may_read(asked.registry)
    found = services().diagnoses.of(asked.registry, asked.username, names_others=may_read)
    return Answer(200, diagnosis_view(found))


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
    accounts = services().accounts
    check_removal(accounts, caller, asked.registry, asked.username)
    operation = accounts.delete(asked.registry, asked.username, asked.headers.precondition, caller)
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


def _user_or_login(status: int, form: LoginFormat, found: UserAnswer, sent: str | None) -> Answer:
    """`sent`: the caller's own password, which a user's JSON never repeats."""
    answer = resource(status, user_view, found)
    secret = found.password or sent
    if form is LoginFormat.JSON or secret is None:
        return answer
    return replace(answer, body=login_file(form, found, secret))

"""Users over HTTP."""

import azure.functions as func

from shared.bootstrap import services
from shared.triggers.endpoint import accepted, http_endpoint, page_answer, removal
from shared.triggers.parsing import caller, parse
from shared.triggers.request_models import ListUsersRequest, PutUserRequest, UserRequest
from shared.triggers.throttle import may_show_secret
from shared.triggers.views import user_view

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there


@bp.function_name("create_or_update_user")
@bp.route("registries/{registry}/users/{username}", methods=["PUT"])
@http_endpoint
@may_show_secret
def create_or_update_user(req: func.HttpRequest) -> func.HttpResponse:
    """A new user's generated password is in this answer, and nowhere else."""
    asked = parse(PutUserRequest, req)
    found = services().accounts.put(
        asked.registry, asked.username, asked.body, asked.headers.precondition, caller(req)
    )
    return accepted(201 if found.created else 200, user_view, found)


@bp.function_name("rotate_user")
@bp.route("registries/{registry}/users/{username}/rotate", methods=["POST"])
@http_endpoint
@may_show_secret
def rotate_user(req: func.HttpRequest) -> func.HttpResponse:
    """A new password, in this answer and nowhere else."""
    asked = parse(UserRequest, req)
    found = services().accounts.rotate(
        asked.registry, asked.username, asked.headers.precondition, caller(req)
    )
    return accepted(200, user_view, found)


@bp.function_name("get_user")
@bp.route("registries/{registry}/users/{username}", methods=["GET"])
@http_endpoint
def get_user(req: func.HttpRequest) -> func.HttpResponse:
    """One user; never a hash."""
    asked = parse(UserRequest, req)
    found = services().accounts.get(asked.registry, asked.username)
    return accepted(200, user_view, found)


@bp.function_name("list_users")
@bp.route("registries/{registry}/users", methods=["GET"])
@http_endpoint
def list_users(req: func.HttpRequest) -> func.HttpResponse:
    """A page of users, in name order."""
    asked = parse(ListUsersRequest, req)
    found = services().accounts.list(asked.registry, asked.query.after, asked.query.size + 1)
    return page_answer(user_view, found, asked.query, f"registries/{asked.registry}/users", "username")


@bp.function_name("delete_user")
@bp.route("registries/{registry}/users/{username}", methods=["DELETE"])
@http_endpoint
def delete_user(req: func.HttpRequest) -> func.HttpResponse:
    """202 until the registry has proven that it refuses the user, 204 if there is none."""
    asked = parse(UserRequest, req)
    operation = services().accounts.delete(
        asked.registry, asked.username, asked.headers.precondition, caller(req)
    )
    return removal({"username": asked.username}, operation)

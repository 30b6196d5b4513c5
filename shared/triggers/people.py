"""One user in all registries, over HTTP."""

import azure.functions as func

from shared.bootstrap import services
from shared.domain.roles import Need, Role
from shared.services.requests import Caller
from shared.triggers.answer_models.operations import ChangedOperationView
from shared.triggers.answer_models.users import PersonView
from shared.triggers.answers import Answer, base, changed
from shared.triggers.endpoint import endpoint
from shared.triggers.request_models.users import PersonRequest, RevokeUserRequest
from shared.triggers.views.users import person_view

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

ONE = "users/{username}"


@endpoint(bp, "GET", ONE, PersonRequest, {200: PersonView}, needs=Need(Role.READER, own=True), fails=(404,))
def get_user_everywhere(asked: PersonRequest, caller: Caller) -> Answer:
    """Show one user in all registries: in those that you may look into."""

    def visible(registry: str) -> bool:
        return caller.access.allows(Role.READER, registry, asked.username)

    return Answer(200, person_view(base(), services().people.show(asked.username, visible)))


@endpoint(
    bp,
    "POST",
    f"{ONE}/revoke",
    RevokeUserRequest,
    {202: ChangedOperationView, 200: ChangedOperationView},
    needs=Need(Role.ADMIN, everywhere=True),
    fails=(409,),
)
def revoke_user(asked: RevokeUserRequest, caller: Caller) -> Answer:
    """Remove one user from all registries: when the operation has succeeded, each of them refuses it."""
    return changed(services().people.revoke(asked.username, caller))

"""The path of the managed-identity endpoint."""

from starlette.routing import BaseRoute, Route

from localazure.emulator.identity.models import Identity
from localazure.emulator.identity.responses import IdentityResponses


def routes(identity: Identity) -> list[BaseRoute]:
    """What IDENTITY_ENDPOINT points to."""
    return [Route("/identity/token", IdentityResponses(identity).token, methods=["GET"])]

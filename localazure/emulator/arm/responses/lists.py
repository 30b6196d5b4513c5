"""Lists on the wire: `value`, and `nextLink` while there is more."""

import base64
import binascii
import json
from urllib.parse import quote, urlencode

from localazure.emulator.arm import errors
from localazure.emulator.arm.models.store import Resource, Store
from localazure.emulator.arm.requests import Answer, Call
from localazure.emulator.arm.responses.long_running import View

_TOKEN = "$skiptoken"


class Lists:
    """Cuts lists into pages of the size that the settings say."""

    def __init__(self, store: Store, origin: str) -> None:
        """`origin` is `https://host:port`."""
        self._store = store
        self._origin = origin

    def page(self, call: Call, resources: list[Resource], view: View) -> Answer:
        """The page that the caller asks for. A page starts after a name, so deleting in between skips nothing."""
        resources = sorted(resources, key=lambda resource: resource.id.key)
        if token := call.query.get(_TOKEN):
            last = _decode(token)
            resources = [resource for resource in resources if resource.id.key > last]
        size = self._store.settings.page_size
        body: dict[str, object] = {"value": [view(resource) for resource in resources[:size]]}
        if len(resources) > size:
            body["nextLink"] = self._next(call, resources[size - 1].id.key)
        return Answer(200, body)

    def _next(self, call: Call, last: str) -> str:
        token = base64.urlsafe_b64encode(json.dumps({"after": last}).encode()).decode()
        query = urlencode({"api-version": call.api_version, _TOKEN: token})
        return f"{self._origin}{quote(call.path)}?{query}"


def _decode(token: str) -> str:
    try:
        return str(json.loads(base64.urlsafe_b64decode(token))["after"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise errors.ArmError(400, "InvalidSkipToken", "The $skiptoken query parameter is invalid.") from None

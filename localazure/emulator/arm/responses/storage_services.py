"""Containers, shares and services of Microsoft.Storage on the wire."""

from localazure.emulator.arm.models.storage_services import StorageServices
from localazure.emulator.arm.models.store import Json, Resource
from localazure.emulator.arm.requests import Answer, Call, Handler, deleted
from localazure.emulator.arm.resource_ids import Scope
from localazure.emulator.arm.responses.lists import Lists

_DIGITS = str.maketrans("", "", "-:.TZ")


class StorageServiceResponses:
    """Calls about what is in an account."""

    def __init__(self, services: StorageServices, lists: Lists) -> None:
        self._services = services
        self._lists = lists

    def service(self, name: str) -> dict[str, Handler]:
        """GET and PUT of `blobServices/default` or `fileServices/default`."""

        def get(call: Call) -> Answer:
            return Answer(200, _plain(self._services.service(call.scope, call.names["account"], name)))

        def put(call: Call) -> Answer:
            found = self._services.put_service(call.scope, call.names["account"], name, call.body)
            return Answer(200, _plain(found))

        return {"GET": get, "PUT": put}

    def containers(self) -> dict[str, Handler]:
        """PUT, GET and DELETE of one blob container."""

        def put(call: Call) -> Answer:
            resource, new = self._services.put_container(*_child(call), call.body)
            return Answer(201 if new else 200, _plain(resource))

        def get(call: Call) -> Answer:
            return Answer(200, _container(self._services.container(*_child(call))))

        def delete(call: Call) -> Answer:
            return deleted(there=self._services.delete_container(*_child(call)))

        return {"PUT": put, "PATCH": put, "GET": get, "DELETE": delete}

    def list_containers(self, call: Call) -> Answer:
        """All blob containers."""
        found = self._services.containers(call.scope, call.names["account"])
        return self._lists.page(call, found, _container)

    def shares(self) -> dict[str, Handler]:
        """PUT, GET and DELETE of one file share."""

        def put(call: Call) -> Answer:
            resource, new = self._services.put_share(*_child(call), call.body)
            return Answer(201 if new else 200, _plain(resource))

        def get(call: Call) -> Answer:
            return Answer(200, _share(self._services.share(*_child(call))))

        def delete(call: Call) -> Answer:
            return deleted(there=self._services.delete_share(*_child(call)))

        return {"PUT": put, "PATCH": put, "GET": get, "DELETE": delete}

    def list_shares(self, call: Call) -> Answer:
        """All file shares."""
        found = self._services.shares(call.scope, call.names["account"])
        return self._lists.page(call, found, _share)


def _child(call: Call) -> tuple[Scope, str, str]:
    return call.scope, call.names["account"], call.names["name"]


def _plain(resource: Resource) -> Json:
    return {
        **resource.body,
        "id": str(resource.id),
        "name": resource.id.name,
        "type": resource.id.type,
        "properties": resource.properties,
    }


def _etag(resource: Resource) -> str:
    return f'"0x{resource.changed.translate(_DIGITS)}"'


def _container(container: Resource) -> Json:
    state = {
        "publicAccess": "None",
        "leaseStatus": "Unlocked",
        "leaseState": "Available",
        "hasImmutabilityPolicy": False,
        "hasLegalHold": False,
    }
    changed = {"lastModifiedTime": container.changed}
    properties = {**state, **container.properties, **changed}
    return {**_plain(container), "etag": _etag(container), "properties": properties}


def _share(share: Resource) -> Json:
    state = {
        "accessTier": "TransactionOptimized",
        "enabledProtocols": "SMB",
        "leaseStatus": "Unlocked",
        "leaseState": "Available",
    }
    changed = {"lastModifiedTime": share.changed}
    properties = {**state, **share.properties, **changed}
    return {**_plain(share), "etag": _etag(share), "properties": properties}

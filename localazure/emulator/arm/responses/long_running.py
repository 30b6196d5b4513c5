"""Long-running operations on the wire: 202 with where to look, and what is found there.

Microsoft.Storage answers a create with `Location` and `Retry-After`; Microsoft.Web declares `Location` too, and its
official examples show `Azure-AsyncOperation`: both are sent. Polling follows FACTS section 4.
"""

import math
from collections.abc import Callable, Mapping

from localazure.emulator.arm import errors
from localazure.emulator.arm.models.failures import failing
from localazure.emulator.arm.models.store import Json, Operation, Resource, Store
from localazure.emulator.arm.requests import Answer, Call
from localazure.emulator.arm.resource_ids import STORAGE, STORAGE_ACCOUNTS, WEB, ResourceId

View = Callable[[Resource], Json]


class LongRunning:
    """Answers that may take a while."""

    def __init__(self, store: Store, origin: str, views: Mapping[str, View]) -> None:
        """`origin` is `https://host:port`; `views` render a finished resource, by its type in lower case."""
        self._store = store
        self._origin = origin
        self._views = views

    def accepted(self, call: Call, resource: Resource) -> Answer:
        """200 with the resource if it is done, else 202 with where to look.

        What failed before is started again by another PUT, and fails again where a fault says so.
        """
        if failure := failing.get():
            resource = self._store.fail_operation(resource, failure)
        elif self._store.failed(resource):
            resource = self._store.restart_operation(resource)
        operation = self._store.pending(resource)
        if operation is None:
            return Answer(200, self._view(resource))
        # Microsoft.Storage sends no body with its 202, Microsoft.Web the resource as it is so far.
        body = None if resource.id.type == STORAGE_ACCOUNTS else self._view(resource)
        return Answer(202, body, self._headers(call, operation))

    def result(self, call: Call) -> Answer:
        """`Location`: 202 until the operation is over, then what the PUT would have answered."""
        operation = self._operation(call)
        if operation.status == "InProgress":
            return Answer(202, None, self._headers(call, operation))
        if operation.error:
            raise _error(operation, operation.error)
        resource = self._store.get(ResourceId.parse(operation.resource))
        if resource is None:
            raise errors.operation_not_found(operation.id)
        return Answer(200, self._view(resource))

    def status(self, call: Call) -> Answer:
        """`Azure-AsyncOperation`: always 200, with the status in the body."""
        operation = self._operation(call)
        body: Json = {
            "id": call.path,
            "name": operation.id,
            "status": operation.status,
            "startTime": operation.created,
        }
        if operation.status == "Failed" and operation.error:
            shown = _error(operation, operation.error).body()
            body["error"] = shown.get("error", shown)
        return Answer(200, body, _retry_after(operation) if operation.remaining else {})

    def _view(self, resource: Resource) -> Json:
        return self._views[resource.id.type.lower()](resource)

    def _operation(self, call: Call) -> Operation:
        operation = self._store.operations.get(call.names["operation"].lower())
        if operation is None:
            raise errors.operation_not_found(call.names["operation"])
        return operation

    def _headers(self, call: Call, operation: Operation) -> dict[str, str]:
        namespace = ResourceId.parse(operation.resource).namespace
        base = (
            f"{self._origin}/subscriptions/{call.scope.subscription}/providers/{namespace}/locations/global"
        )
        version = f"api-version={call.api_version}"
        if namespace.lower() == STORAGE.lower():
            location = f"{base}/asyncoperations/{operation.id}?monitor=true&{version}"
            return {"Location": location, **_retry_after(operation)}
        return {
            "Location": f"{base}/operationResults/{operation.id}?{version}",
            "Azure-AsyncOperation": f"{base}/operations/{operation.id}?{version}",
            **_retry_after(operation),
        }


def _error(operation: Operation, error: Json) -> errors.ArmError:
    if operation.in_web_shape:
        return errors.AppServiceError(409, error["code"], "", "{0}", error["message"])
    return errors.ArmError(409, error["code"], error["message"])


def _retry_after(operation: Operation) -> dict[str, str]:
    # azure-core takes 0 as "not said" and waits 30 s, so 1 is the least.
    return {"Retry-After": str(max(1, math.ceil(operation.remaining)))}


OPERATION_PATHS = {
    STORAGE: {"asyncoperations": "result"},
    WEB: {"operationResults": "result", "operations": "status"},
}
"""The last-but-one segment of an operation's URL and the method that answers there."""

"""From a request to its answer: take apart, authorize, find the operation, run it."""

import logging
from collections.abc import Callable

from starlette.responses import Response

from localazure.emulator.files import authorization, directory_responses, file_responses, share_responses
from localazure.emulator.files.answering import answered
from localazure.emulator.files.errors import StorageError
from localazure.emulator.files.models import FileStore
from localazure.emulator.files.request import FileRequest
from localazure.emulator.files.service import FilesService

_LOG = logging.getLogger(__name__)

Operation = Callable[[FileStore, FileRequest], Response]

# Method, restype, comp.
_ACCOUNT: dict[tuple[str, str, str], Operation] = {("GET", "", "list"): share_responses.list_shares}

_SHARE: dict[tuple[str, str, str], Operation] = {
    ("PUT", "share", ""): share_responses.create,
    ("GET", "share", ""): share_responses.get,
    ("HEAD", "share", ""): share_responses.get,
    ("DELETE", "share", ""): share_responses.delete,
    ("PUT", "share", "metadata"): share_responses.set_metadata,
    ("PUT", "share", "properties"): share_responses.set_properties,
}

_DIRECTORY: dict[tuple[str, str, str], Operation] = {
    ("PUT", "directory", ""): directory_responses.create,
    ("GET", "directory", ""): directory_responses.get,
    ("HEAD", "directory", ""): directory_responses.get,
    ("DELETE", "directory", ""): directory_responses.delete,
    ("PUT", "directory", "metadata"): directory_responses.set_metadata,
    ("PUT", "directory", "properties"): directory_responses.set_properties,
    ("PUT", "directory", "rename"): directory_responses.rename,
    ("GET", "directory", "list"): directory_responses.list_entries,
}

_FILE: dict[tuple[str, str, str], Operation] = {
    ("PUT", "", ""): file_responses.create,
    ("HEAD", "", ""): file_responses.head,
    ("GET", "", ""): file_responses.get,
    ("DELETE", "", ""): file_responses.delete,
    ("GET", "", "metadata"): file_responses.metadata,
    ("HEAD", "", "metadata"): file_responses.metadata,
    ("PUT", "", "metadata"): file_responses.set_metadata,
    ("PUT", "", "properties"): file_responses.set_properties,
    ("PUT", "", "range"): file_responses.put_range,
    ("GET", "", "rangelist"): file_responses.list_ranges,
    ("PUT", "", "rename"): file_responses.rename,
}


def answer(service: FilesService, parse: Callable[[], FileRequest]) -> Response:
    """The answer to the request that `parse` makes; every StorageError becomes an error document."""

    def operation() -> Response:
        request = parse()
        authorization.authorize(request, service)
        return _operation(request)(service.store, request)

    return answered(operation, service.tenant_id)


def _operation(request: FileRequest) -> Operation:
    known = _known(request)
    if operation := known.get(request.operation):
        return operation
    _LOG.warning("not built: %s restype=%s comp=%s", *request.operation)
    _, restype, comp = request.operation
    if any(key[1:] == (restype, comp) for key in known):
        raise StorageError("UnsupportedHttpVerb")
    raise StorageError("InvalidQueryParameterValue", QueryParameterName="comp", QueryParameterValue=comp)


def _known(request: FileRequest) -> dict[tuple[str, str, str], Operation]:
    if not request.share:
        return _ACCOUNT
    return _DIRECTORY | _FILE if request.path else _DIRECTORY | _SHARE

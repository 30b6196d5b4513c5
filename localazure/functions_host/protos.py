"""The messages that the worker library exchanges with a host, as plain objects.

The library gets its message classes handed in (`request.properties["protos"]`) and only ever sets and reads
attributes, so nothing of gRPC is needed. Names and enum values are those of FunctionRpc.proto:
https://github.com/Azure/azure-functions-language-worker-protobuf.
"""

from types import SimpleNamespace


class BindingInfo(SimpleNamespace):
    """One binding of a function; `type`, `direction` and `data_type` are set by the library."""

    out = 1
    inout = 2
    undefined = 0


class StatusResult(SimpleNamespace):
    """How a request went; carries `exception` when it failed."""

    Failure = 0
    Success = 1


class RpcException(SimpleNamespace):
    """`message` and `stack_trace` of what was raised."""


class RpcFunctionMetadata(SimpleNamespace):
    """One indexed function: `name`, `function_id`, `raw_bindings` (JSON texts), `retry_options`."""


class RpcRetryOptions(SimpleNamespace):
    """A function's retry policy."""


class WorkerMetadata(SimpleNamespace):
    """The worker's name and version."""


class WorkerInitResponse(SimpleNamespace):
    """Answer to the initial request: `capabilities` and `result`."""


class FunctionMetadataResponse(SimpleNamespace):
    """Answer to the request for the indexed functions: `function_metadata_results`."""

"""The service's refusals: its codes, statuses and messages.

Codes and statuses are those of Microsoft's "Azure Files error codes" and "Common REST API error codes" pages;
the messages are the ones the live service sends, which differ from the pages in a few words.
"""

from datetime import UTC, datetime

from localazure.emulator.files.xml import Node, document

_NOT_AUTHENTICATED = "Server failed to authenticate the request."
_CHECK_HEADER = "Make sure the value of Authorization header is formed correctly including the signature."
_SEE_CHALLENGE = "Please refer to the information in the www-authenticate header."

_ERRORS: dict[str, tuple[int, str]] = {
    "AuthenticationFailed": (403, f"{_NOT_AUTHENTICATED} {_CHECK_HEADER}"),
    "CannotDeleteFileOrDirectory": (
        409,
        "An attempt has been made to remove a file or directory that can't be deleted.",
    ),
    "ContainerNotFound": (404, "The specified container does not exist."),
    "DirectoryNotEmpty": (409, "The specified directory is not empty."),
    "InvalidAuthenticationInfo": (401, f"{_NOT_AUTHENTICATED} {_SEE_CHALLENGE}"),
    "InvalidContinuationToken": (400, "The specified continuation token is invalid."),
    "InvalidFileOrDirectoryPathName": (400, "File or directory path is too long."),
    "InvalidHeaderValue": (400, "The value for one of the HTTP headers is not in the correct format."),
    "InvalidQueryParameterValue": (
        400,
        "Value for one of the query parameters specified in the request URI is invalid.",
    ),
    "InvalidRange": (416, "The range specified is invalid for the current size of the resource."),
    "InvalidResourceName": (
        400,
        "The specifed resource name contains invalid characters.",
    ),  # so spelt by Azure
    "InvalidUri": (400, "The requested URI does not represent any resource on the server."),
    "Md5Mismatch": (
        400,
        "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
    ),
    "MissingRequiredHeader": (400, "An HTTP header that's mandatory for this request is not specified."),
    "NoAuthenticationInformation": (401, f"{_NOT_AUTHENTICATED} {_SEE_CHALLENGE}"),
    "OutOfRangeQueryParameterValue": (
        400,
        "One of the query parameters specified in the request URI is outside the permissible range.",
    ),
    "ParentNotFound": (404, "The specified parent path does not exist."),
    "RequestBodyTooLarge": (413, "The request body is too large and exceeds the maximum permissible limit."),
    "ResourceAlreadyExists": (409, "The specified resource already exists."),
    "ResourceNotFound": (404, "The specified resource does not exist."),
    "ResourceTypeMismatch": (
        409,
        "The specified resource type does not match the type of the existing resource.",
    ),
    "ShareAlreadyExists": (409, "The specified share already exists."),
    "ShareNotFound": (404, "The specified share does not exist."),
    "SharingViolation": (409, "The specified resource may be in use by an SMB client."),
    "UnsupportedHeader": (400, "One of the HTTP headers specified in the request is not supported."),
    "UnsupportedHttpVerb": (405, "The resource doesn't support specified Http Verb."),
}


class StorageError(Exception):
    """The service refuses a request.

    `code` is Azure's error code and decides status and message; `details` become further elements of the
    error body, as in `StorageError("InvalidHeaderValue", HeaderName="x-ms-version")`.
    """

    def __init__(self, code: str, **details: str) -> None:
        self.code = code
        self.status, self.message = _ERRORS[code]
        self.details = details
        super().__init__(f"{code}: {self.message}")

    def body(self, request_id: str) -> bytes:
        """The error document, with request id and time inside the message as the service writes them."""
        return error_document(self.code, self.message, request_id, **self.details)


def error_document(code: str, message: str, request_id: str, **details: str) -> bytes:
    """Any error as the service writes it."""
    text = traceable(message, request_id)
    more = [Node(name, value) for name, value in details.items()]
    return document(Node("Error", children=[Node("Code", code), Node("Message", text), *more]))


def traceable(message: str, request_id: str) -> str:
    """A message as all storage services end it."""
    time = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "0Z")
    return f"{message}\nRequestId:{request_id}\nTime:{time}"

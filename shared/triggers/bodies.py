"""The kinds of bodies that requests have, and how each is read: JSON, a file, a form."""

import json
from typing import Any
from urllib.parse import parse_qsl

import azure.functions as func
from pydantic import BaseModel

from shared.domain.errors import ApiError
from shared.domain.users.htpasswd_import import MOST_IMPORT_BYTES
from shared.triggers.request_models.base import Form

MAX_BODY_BYTES = 64 * 1024
MAX_FORM_FIELDS = 20
WITH_BODY = ("PUT", "POST", "PATCH")
JSON, MERGE_PATCH, PLAIN_TEXT = "application/json", "application/merge-patch+json", "text/plain"
FORM = "application/x-www-form-urlencoded"


def media_types(model: type[BaseModel], method: str) -> tuple[str, ...]:
    """Of this request's body."""
    if _is_file(model):
        return (PLAIN_TEXT,)
    if _is_form(model):
        return (FORM,)
    return (JSON, MERGE_PATCH) if method == "PATCH" else (JSON,)


def read_body(model: type[BaseModel], req: func.HttpRequest) -> Any:
    """What the model checks. Raises `ApiError`: 400 for what can't be read, 413, 415."""
    if _is_file(model):
        return _file(req)
    return _form(req) if _is_form(model) else _body(req)


def _is_file(model: type[BaseModel]) -> bool:
    return model.model_fields["body"].annotation is bytes


def _is_form(model: type[BaseModel]) -> bool:
    body = model.model_fields["body"].annotation
    return isinstance(body, type) and issubclass(body, Form)


def _file(req: func.HttpRequest) -> bytes:
    raw = _bounded(req, MOST_IMPORT_BYTES, "Split the file, and import its parts one after the other.")
    _check_kind(
        req,
        {PLAIN_TEXT},
        "text",
        f"Add the header Content-Type: {PLAIN_TEXT}, and send the file as it is "
        f"(curl: -H 'Content-Type: {PLAIN_TEXT}' --data-binary @htpasswd).",
    )
    return raw


def _form(req: func.HttpRequest) -> Any:
    """Of a field that comes twice the last one counts."""
    raw = _bounded(req, MAX_BODY_BYTES, "Send only the fields that the form has.")
    if not raw.strip():
        return {}
    _check_kind(
        req, {FORM}, "a form", f"Send it as {FORM}, as a browser does (curl: --data-urlencode 'FIELD=VALUE')."
    )
    try:
        return dict(
            parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS)
        )
    except ValueError:
        message = "The body is not a form in UTF-8."
        raise ApiError(
            400, "InvalidForm", message, "Send it as a browser sends a form.", target="body"
        ) from None


def _body(req: func.HttpRequest) -> Any:
    raw = _bounded(req, MAX_BODY_BYTES, "Send only the fields that you want to set.")
    if not raw.strip():
        return {}
    _check_kind(
        req,
        {JSON, MERGE_PATCH},
        "JSON",
        "Add the header Content-Type: application/json (curl: -H 'Content-Type: application/json').",
    )
    return _json(raw)


def _bounded(req: func.HttpRequest, most: int, fix: str) -> bytes:
    raw = req.get_body()
    if len(raw) > most:
        message = f"The body has {len(raw)} bytes; at most {most} are read."
        raise ApiError(413, "RequestBodyTooLarge", message, fix)
    return raw


def _check_kind(req: func.HttpRequest, kinds: set[str], what: str, fix: str) -> None:
    kind = req.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in kinds:
        message = f"The body is sent as '{kind[:64] or 'nothing'}', not as {what}."
        raise ApiError(415, "UnsupportedMediaType", message, fix, target="Content-Type")


def _json(raw: bytes) -> Any:
    try:
        value = json.loads(raw)
        json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair can't be stored
    except (ValueError, RecursionError) as error:
        where = (
            f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        )
        raise ApiError(
            400,
            "InvalidJson",
            f"The body is not valid JSON{where}.",
            "Send one JSON object in UTF-8.",
            target="body",
        ) from None
    return value

"""Who the caller is: the Entra user whom App Service has signed in, or else the key that opened the door.

App Service authentication writes `X-MS-CLIENT-PRINCIPAL` and removes what a client sends by that name; where it is
off, anybody may write it, and nobody reads it. The format:
learn.microsoft.com/azure/app-service/configure-authentication-user-identities
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

import azure.functions as func

from shared.domain.grants import ANONYMOUS, Identity, principal, recognise
from shared.services.requests import Caller
from shared.settings import Settings
from shared.telemetry.logs import bound_value
from shared.triggers.client_address import client_address
from shared.triggers.parsing import query_of

PRINCIPAL_HEADER = "X-MS-CLIENT-PRINCIPAL"
ENTRA = "aad"
"""How App Service calls this provider. What another one says about groups and object ids is worth nothing."""
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_UPN = re.compile(r"[!-~]{1,64}@[A-Za-z0-9.-]{1,255}")
_OBJECT_ID = ("http://schemas.microsoft.com/identity/claims/objectidentifier", "oid")
_LOGIN = ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn", "upn")
"""Not `name`, `email` or `preferred_username`: their owners may change those to whatever they like."""
_GROUPS = ("groups",)

UNKNOWN = Identity("entra", "entra:unknown")
"""Somebody has signed in whom we can't tell: not the key's holder, and nobody who has a grant."""


def caller(req: func.HttpRequest, settings: Settings, *, key_checked: bool) -> Caller:
    """Who asks, with what it may do. `key_checked`: the host has let nobody in without a key."""
    identity = identify(req, signed_in=settings.website_auth_enabled, key_checked=key_checked)
    known = recognise(identity, settings.role_grants)
    path = "/".join(req.route_params.values())
    query = {name: value for name, value in query_of(req).items() if name != "api-version"}
    asked = json.dumps(sorted(query.items()))  # a purge is no repeat of a delete
    parts = [str(req.method), _path(req), path, asked]
    payload = b"\0".join([*(part.encode() for part in parts), req.get_body()])
    return Caller(
        known.actor,
        bound_value("request"),
        req.headers.get("Operation-Id"),
        payload,
        access=known.access,
        kind=identity.kind,
        name=known.name,
        principals=identity.principals,
        address=client_address(req.headers.get("X-Forwarded-For", "")),
    )


def identify(req: func.HttpRequest, *, signed_in: bool, key_checked: bool) -> Identity:
    """The signed-in user alone, if there is one: a key that many share says less, and must not add to its rights.

    `signed_in`: App Service authentication is on. Of a key that nobody has checked nothing is believed.
    """
    stated = req.headers.get(PRINCIPAL_HEADER) if signed_in else None
    if stated is not None:
        return _entra(stated)
    key = presented_key(req) if key_checked else ""
    return _key(key) if key else ANONYMOUS


def presented_key(req: func.HttpRequest) -> str:
    """The key that the host has checked: of several, which reach us joined by commas, it is the first."""
    codes = (value for name, value in req.params.items() if name.lower() == "code")
    presented = req.headers.get("x-functions-key") or next(codes, "")
    return presented.partition(",")[0]


def _path(req: func.HttpRequest) -> str:
    return str(req.url).partition("?")[0].partition("://")[2].partition("/")[2]


def _key(key: str) -> Identity:
    """The worker is not told which key it was: it is known by the presented one's fingerprint."""
    fingerprint = hashlib.sha256(key.encode()).hexdigest()
    return Identity("key", f"key:{fingerprint[:12]}", frozenset({principal("key", fingerprint)}))


def _entra(stated: str) -> Identity:
    provider, claims = _decoded(stated)
    object_id, login = _only(claims, _OBJECT_ID, _GUID), _only(claims, _LOGIN, _UPN)
    if provider != ENTRA or not object_id:
        return UNKNOWN
    groups = {principal("group", value) for kind, value in claims if kind in _GROUPS}
    own = {principal("user", name) for name in (object_id, login) if name}
    return Identity("entra", f"entra:{login or object_id}", frozenset(own | groups), login)


def _only(claims: Sequence[tuple[str, str]], kinds: Sequence[str], grammar: re.Pattern[str]) -> str:
    """The value of that claim; nothing if there are two different ones, or if it is none that we know."""
    [value, *others] = sorted({value for kind, value in claims if kind in kinds}) or [""]
    return value if not others and grammar.fullmatch(value) else ""


def _decoded(stated: str) -> tuple[str, list[tuple[str, str]]]:
    """Provider and claims; nothing of what can't be read."""
    try:
        document: Any = json.loads(base64.b64decode(stated, validate=True))
        claims = [(str(claim["typ"]), str(claim["val"])) for claim in document["claims"]]
        return str(document["auth_typ"]), claims
    except (ValueError, LookupError, TypeError, RecursionError):
        return "", []

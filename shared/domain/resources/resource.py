"""What a resource is: its type, its name, its JSON, and where a secret goes into that.

`fill` puts secrets in on the way out, so that no plan, log or test shows one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Type(StrEnum):
    """The resource types that a registry is made of."""

    STORAGE_ACCOUNT = "Microsoft.Storage/storageAccounts"
    BLOB_SERVICE = "Microsoft.Storage/storageAccounts/blobServices"
    FILE_SERVICE = "Microsoft.Storage/storageAccounts/fileServices"
    BLOB_CONTAINER = "Microsoft.Storage/storageAccounts/blobServices/containers"
    FILE_SHARE = "Microsoft.Storage/storageAccounts/fileServices/shares"
    PLAN = "Microsoft.Web/serverfarms"
    SITE = "Microsoft.Web/sites"
    PUBLISHING_POLICY = "Microsoft.Web/sites/basicPublishingCredentialsPolicies"


@dataclass(frozen=True)
class Ref:
    """One resource in our group. `child` names it below `name` where the type has a parent."""

    type: Type
    name: str
    child: str = ""


type Json = Mapping[str, Any]


class Placeholder(StrEnum):
    """Where a secret goes. A type of its own, so that a caller's tag with the same text is never filled in."""

    ACCOUNT_KEY = "{account-key}"
    HTTP_SECRET = "{http-secret}"


ACCOUNT_KEY, HTTP_SECRET = Placeholder.ACCOUNT_KEY, Placeholder.HTTP_SECRET


def has_placeholder(body: Any) -> bool:
    """Does `body` need `fill`?"""
    if isinstance(body, Mapping):
        return any(has_placeholder(value) for value in body.values())
    if isinstance(body, list):
        return any(has_placeholder(value) for value in body)
    return isinstance(body, Placeholder)


def fill(body: Any, secrets: Mapping[Placeholder, str]) -> Any:
    """`body` with every placeholder replaced by its secret. Raises `KeyError` for one that `secrets` lacks."""
    if isinstance(body, Mapping):
        return {key: fill(value, secrets) for key, value in body.items()}
    if isinstance(body, list):
        return [fill(value, secrets) for value in body]
    return secrets[body] if isinstance(body, Placeholder) else body

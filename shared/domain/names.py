"""Names: which ones we accept, and which Azure names follow from them.

Azure names derive from subscription, group and registry name alone, so that a repeated create finds its own
resources. A name that someone else holds gives the next candidate (`attempt`), which the registry records.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from shared.domain.text import schema

REGISTRY_NAME = re.compile(r"[a-z][a-z0-9-]{1,22}[a-z0-9]")
MAX_USERNAME = 64
USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
OPERATION_KEY = re.compile(r"[A-Za-z0-9-]{1,64}")

BLOB_CONTAINER = "registry"
FILE_SHARE = "config"
"""The share that the site mounts; it holds `htpasswd` and nothing else."""


def check_registry_name(value: str) -> str:
    """Returns `value`; raises a validation error that says the grammar."""
    if not REGISTRY_NAME.fullmatch(value):
        raise PydanticCustomError(
            "InvalidRegistryName",
            "A registry name has 3 to 24 lower-case letters, digits and hyphens",
            {"fix": "Start with a letter, end with a letter or digit: for example 'payments'."},
        )
    return value


def check_username(value: str) -> str:
    """Returns `value`; raises a validation error that says the grammar (never ':' or a line break)."""
    if not USERNAME.fullmatch(value):
        raise PydanticCustomError(
            "InvalidUsername",
            "A username has 1 to 64 letters, digits and . _ @ -",
            {"fix": "Start with a letter or digit: for example 'ci' or 'jane@example.com'."},
        )
    return value


RegistryName = Annotated[
    str, AfterValidator(check_registry_name), schema(REGISTRY_NAME.pattern, examples=["payments"])
]
Username = Annotated[
    str, AfterValidator(check_username), schema(USERNAME.pattern, examples=["ci", "jane@example.com"])
]


@dataclass(frozen=True)
class AzureNames:
    """The Azure names of one registry's resources."""

    storage_account: str
    plan: str
    site: str


def azure_names(
    subscription: str, group: str, registry: str, storage_attempt: int = 0, site_attempt: int = 0
) -> AzureNames:
    """The candidates number `storage_attempt` and `site_attempt`.

    Storage accounts: 3-24 lower-case letters and digits, unique in all of Azure. Sites: 2-60, letters, digits, hyphens.
    """

    def suffix(attempt: int) -> str:
        seed = f"{subscription}/{group}/{registry}/{attempt}".lower()
        return base64.b32encode(hashlib.sha256(seed.encode()).digest()).decode().lower()[:8]

    stem = registry.replace("-", "")[:16]
    return AzureNames(
        storage_account=f"{stem}{suffix(storage_attempt)}",
        plan=f"{registry}-{suffix(0)}-plan",
        site=f"{registry}-{suffix(site_attempt)}",
    )


PEOPLE = "_users"
"""The partition of operations that concern one user in all registries. No registry can have this name."""


def operation_id(registry: str, key: str) -> str:
    """The id of an operation tells its partition."""
    return f"{registry}.{key}"


def split_operation_id(value: str) -> tuple[str, str] | None:
    """`(registry, key)`, or `None` if `value` can't be an operation's id."""
    registry, dot, key = value.partition(".")
    known = registry == PEOPLE or REGISTRY_NAME.fullmatch(registry)
    if dot and known and OPERATION_KEY.fullmatch(key):
        return registry, key
    return None

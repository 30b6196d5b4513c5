"""What the Files endpoint needs from the rest of the emulator."""

from collections.abc import Callable
from dataclasses import dataclass

from localazure.emulator.files.models import FileStore


@dataclass(frozen=True)
class FilesService:
    """The store, and who may use it."""

    store: FileStore

    account_keys: Callable[[str], list[str] | None]
    """The account's keys in base64, or None if there is no such account."""

    check_token: Callable[[str], bool]
    """Whether a bearer token was issued by the emulator's own identity endpoint and has not expired."""

    tenant_id: str = "common"
    """Stands in the challenge of a 401, as on Azure."""

"""What the blob endpoint needs from the rest of the emulator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class BlobsService:
    """What there is, and who may see it."""

    has_account: Callable[[str], bool]
    has_container: Callable[[str, str], bool]
    """Account and container: was it made, by Resource Manager?"""
    blobs: Callable[[str, str], Mapping[str, int]]
    """Account and container: names with their bytes. Empty for a container that nobody has written to."""
    check_token: Callable[[str], bool]
    """Whether a bearer token was issued by the emulator's own identity endpoint and has not expired."""
    tenant_id: str = "common"
    """Stands in the challenge of a 401, as on Azure."""

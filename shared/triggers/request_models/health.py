"""Requests about health."""

from shared.domain.health.mute import MuteSpec
from shared.triggers.request_models.base import OperationHeaders
from shared.triggers.request_models.registries import RegistryRequest


class MuteRequest(RegistryRequest):
    """How long a registry is to be quiet, and why."""

    headers: OperationHeaders  # type: ignore[assignment] # each request has its own headers
    body: MuteSpec  # type: ignore[assignment] # each request has its own kind of body


class UnmuteRequest(RegistryRequest):
    """Which registry is to be heard again."""

    headers: OperationHeaders  # type: ignore[assignment] # each request has its own headers

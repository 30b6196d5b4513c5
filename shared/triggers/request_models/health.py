"""Requests about health."""

from typing import Literal

from pydantic import Field

from shared.domain.health.mute import MuteSpec
from shared.domain.health.windows import Window
from shared.triggers.request_models.base import OperationHeaders, Part, PlainRequest
from shared.triggers.request_models.registries import RegistryRequest


class HealthQuery(Part):
    """How much of the past is to be shown."""

    history: Literal["24h", "7d", "90d"] | None = Field(
        default=None,
        description="What was, too: `24h` with each check, `7d` and `90d` by so many days (UTC), today included.",
    )

    @property
    def window(self) -> Window | None:
        """The same as the services know it."""
        return Window(self.history) if self.history else None


class HealthRequest(RegistryRequest):
    """Whose health."""

    query: HealthQuery  # type: ignore[assignment] # each request has its own parameters


class CheckRequest(RegistryRequest):
    """Which registry is to be looked at. It may be sent again and again: an `Operation-Id` changes nothing."""

    headers: OperationHeaders  # type: ignore[assignment] # each request has its own headers


class MuteRequest(RegistryRequest):
    """How long a registry is to be quiet, and why."""

    headers: OperationHeaders  # type: ignore[assignment] # each request has its own headers
    body: MuteSpec  # type: ignore[assignment] # each request has its own kind of body


class UnmuteRequest(RegistryRequest):
    """Which registry is to be heard again."""

    headers: OperationHeaders  # type: ignore[assignment] # each request has its own headers


class MetricsHeaders(Part):
    """In which format."""

    accept: str = Field(default="", alias="Accept")


class MetricsRequest(PlainRequest):
    """Figures of all registries."""

    headers: MetricsHeaders  # type: ignore[assignment] # each request has its own headers

"""Requests about registries."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from shared.domain.names import RegistryName
from shared.domain.registries.registry import ProvisioningState, RegistryFilter
from shared.domain.registries.registry_spec import RegistryPatch, RegistrySpec
from shared.triggers.request_models.base import Page, Part, Request

_STATES = {
    "deleted": ProvisioningState.SOFT_DELETED,
    **{state.value.lower(): state for state in ProvisioningState},
}


def _state(value: object) -> object:
    """In any case, as Azure's own filters take it."""
    return _STATES.get(value.lower(), value) if isinstance(value, str) else value


_StateFilter = Annotated[
    ProvisioningState | None,
    BeforeValidator(_state),
    WithJsonSchema({"type": "string", "enum": ["deleted", *ProvisioningState]}),
]


class RegistriesPage(Page):
    """One page of the registries that a caller looks for."""

    state: _StateFilter = Field(
        default=None,
        description="Only those in this state. `deleted`, or `SoftDeleted`: those that other lists leave out.",
    )
    tag: str | None = Field(
        default=None,
        max_length=400,
        description="Only those with this tag: `team:payments`, or `team` with any value.",
    )

    @property
    def wanted(self) -> RegistryFilter:
        """Which registries."""
        return RegistryFilter(self.state, self.tag)


class Change(Part):
    """How a change is meant."""

    dry_run: Literal["true", "false"] = Field(
        default="false",
        alias="dryRun",
        description="`true`: everything is checked and the plan is shown, and nothing is done.",
    )

    @property
    def only_planned(self) -> bool:
        """Is nothing to be done?"""
        return self.dry_run == "true"


class Removal(Part):
    """Neither, or both: a purge can't be sent by accident."""

    purge: Literal["true"] | None = Field(
        default=None, description="Remove everything, with no way back. Needs `confirm`."
    )
    confirm: str | None = Field(default=None, description="The registry's name once more.", examples=["demo"])


class RegistryRequest(Request):
    """One registry."""

    registry: RegistryName


class PutRegistryRequest(RegistryRequest):
    """A registry's fields."""

    query: Change  # type: ignore[assignment] # each request has its own parameters
    body: RegistrySpec = RegistrySpec()  # type: ignore[assignment] # each request has its own kind of body


class PatchRegistryRequest(RegistryRequest):
    """Some of a registry's fields."""

    query: Change  # type: ignore[assignment] # each request has its own parameters
    body: RegistryPatch = RegistryPatch()  # type: ignore[assignment] # each request has its own kind of body


class DeleteRegistryRequest(RegistryRequest):
    """A soft delete, or a purge that is meant."""

    query: Removal  # type: ignore[assignment] # each request has its own parameters


class ListRequest(Request):
    """A page of registries."""

    query: RegistriesPage  # type: ignore[assignment] # each request has its own parameters

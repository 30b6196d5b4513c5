"""What tests and demos may set: how long creating takes, how long lists are, which names are taken."""

from dataclasses import dataclass, field

from localazure.emulator.arm.models.throttling import Limits
from localazure.emulator.arm.resource_ids import CONTAINERS, PLANS, SHARES, SITES, STORAGE_ACCOUNTS
from localazure.sites.behaviour import SiteBehaviour

DELAYED_TYPES = (STORAGE_ACCOUNTS, PLANS, SITES)
"""The types whose creation is a long-running operation."""

GLOBAL_TYPES = (STORAGE_ACCOUNTS, SITES)
"""The types whose names are unique in the world, so that a stranger may hold one."""

DELETED_TYPES = (STORAGE_ACCOUNTS, SITES, CONTAINERS, SHARES)
"""The types whose names may stay busy for a while after a delete."""

_DEFAULT_DELAY = 0.2
_LONGEST_LAG = 3600


def _delays() -> dict[str, float]:
    return dict.fromkeys(DELAYED_TYPES, _DEFAULT_DELAY)


def _nobody() -> dict[str, list[str]]:
    return {resource_type: [] for resource_type in GLOBAL_TYPES}


def _free_at_once() -> dict[str, float]:
    return dict.fromkeys(DELETED_TYPES, 0.0)


@dataclass
class Settings:
    """Settings of the emulated Resource Manager; kept over a restart, back to these values by a reset."""

    delays: dict[str, float] = field(default_factory=_delays)
    """Seconds that creating a resource takes, by type. 0 = done at once, answered 200 instead of 202."""

    page_size: int = 200
    """The most resources in one answer of a list; more are behind `nextLink`."""

    held_names: dict[str, list[str]] = field(default_factory=_nobody)
    """Global names that someone else has, by type, lower case."""

    deleted_names: dict[str, float] = field(default_factory=_free_at_once)
    """Seconds that a name stays busy after a delete, by type. 0 = it is free at once."""

    mount_lag: float = 0.0
    """Seconds after which sites see a change in a share that they mount. 0 = at once."""

    site_behaviour: list[SiteBehaviour] = field(default_factory=list)
    """Which sites misbehave, and how. The first that concerns a site counts."""

    limits: Limits = field(default_factory=Limits)
    """How often a caller may call."""

    def __post_init__(self) -> None:
        self.limits = self.limits if isinstance(self.limits, Limits) else Limits(**self.limits)
        self.site_behaviour = [
            kept if isinstance(kept, SiteBehaviour) else SiteBehaviour(**kept) for kept in self.site_behaviour
        ]
        unknown = sorted(
            ({*self.delays} - {*DELAYED_TYPES})
            | ({*self.held_names} - {*GLOBAL_TYPES})
            | ({*self.deleted_names} - {*DELETED_TYPES})
        )
        if unknown:
            raise ValueError(f"unknown resource types: {', '.join(unknown)}")
        if min([*self.delays.values(), *self.deleted_names.values()], default=0) < 0 or self.page_size < 1:
            raise ValueError("delays must be 0 or more seconds, pageSize 1 or more")
        if not 0 <= self.mount_lag <= _LONGEST_LAG:
            raise ValueError(f"a mount is 0 to {_LONGEST_LAG} seconds late")

    def delay(self, resource_type: str) -> float:
        """Seconds that creating a resource of that type takes."""
        return self.delays.get(resource_type, 0.0)

    def busy_seconds(self, resource_type: str) -> float:
        """Seconds that a name of that type stays busy after a delete."""
        return self.deleted_names.get(resource_type, 0.0)

    def behaviour_of(self, site: str) -> SiteBehaviour | None:
        """How that site is to misbehave; None = not at all."""
        return next((each for each in self.site_behaviour if each.concerns(site)), None)

    def is_held(self, resource_type: str, name: str) -> bool:
        """Does someone else have that global name?"""
        return name.lower() in self.held_names.get(resource_type, [])

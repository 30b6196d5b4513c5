"""What somebody else did to a registry's resources, and to the settings and mounts of its site: names, never values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from shared.domain.health.verdict import VERDICT_KEY
from shared.domain.records import Nested, Record
from shared.domain.registries.registry import Registry
from shared.domain.resources.graph import HOLDS_IMAGES, Node
from shared.domain.resources.plan import Found, assess, at
from shared.domain.resources.resource import Json

SHOWN = ("properties.httpsOnly", "properties.siteConfig.linuxFxVersion")
"""What a GET of a site shows of what we sent: https only, and the image, which runs with the storage key."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not as we sent it. `step` is the step of the graph that sends it again."""

    step: str
    what: str
    repairable: bool = True


def difference(node: Node, registry: Registry, seen: Json | None) -> Difference | None:
    """What a look at a resource says. One that Azure is at work on is no drift: the next look says more."""
    found = assess(node, registry, seen)
    if found in {Found.READY, Found.IN_PROGRESS}:
        return None
    lost = found is Found.MISSING and node.step in HOLDS_IMAGES
    return Difference(node.step, f"{node.step} {found.value}", not lost and found is not Found.FOREIGN)


def shown_otherwise(node: Node, seen: Json) -> list[Difference]:
    """Properties that the site shows, with another value than we sent."""
    return [
        Difference(node.step, f"site {path.rpartition('.')[2]}")
        for path in SHOWN
        if at(seen, path) not in {None, "", at(node.body or {}, path)}
    ]


def differing(
    body: Json, settings: Mapping[str, str], mounts: Mapping[str, Mapping[str, object]]
) -> list[str]:
    """Names of the settings and mounts of a site's filled-in `body` that are missing or different.

    What is there besides them is no difference: Azure, its policies and its portal add settings of their own.
    """
    config = body["properties"]["siteConfig"]
    wanted = {pair["name"]: pair["value"] for pair in config["appSettings"]}
    return [
        *(f"setting {name}" for name, value in wanted.items() if settings.get(name) != value),
        *(
            f"mount {name}"
            for name, mount in config["azureStorageAccounts"].items()
            if name not in mounts or _is_other(mount, mounts[name])
        ),
    ]


def _is_other(wanted: Mapping[str, str], seen: Mapping[str, object]) -> bool:
    """A list may leave the key out, and older ones the protocol: that says nothing."""
    silent = {name for name in ("accessKey", "protocol") if not seen.get(name)}
    return any(seen.get(name) != value for name, value in wanted.items() if name not in silent)


class SiteFinding(Record):
    """The last look at a registry's resources, and what came of it."""

    uid: str
    checked_at: datetime | None = None
    next_check_at: datetime
    found: Nested[list[str]] = Field(default_factory=list)
    steps: Nested[list[str]] = Field(default_factory=list)
    """The steps that have to be sent again."""
    repairs: int = 0
    """How often that was repaired without a look in between that found nothing."""
    next_repair_at: datetime | None = None
    repaired_version: int | None = None
    """The registry's version once the last repair has ended, unless somebody else has changed it since."""

    @property
    def key(self) -> str:
        return DRIFT_KEY


DRIFT_KEY = f"{VERDICT_KEY}-drift"


def texts(differences: Sequence[Difference]) -> list[str]:
    """What was found, in order, each once."""
    return list(dict.fromkeys(each.what for each in differences))

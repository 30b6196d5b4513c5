"""What Resource Manager knows of a site that matters to the process behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from localazure.sites.behaviour import SiteBehaviour


@dataclass(frozen=True)
class Mount:
    """A file share in the container: `mount_path` there is `folder` here."""

    mount_path: str
    account: str
    share: str
    folder: Path


@dataclass(frozen=True)
class SiteConfig:
    """Everything whose change restarts a site, as on App Service. Settings hold keys: they are not shown."""

    app_settings: Mapping[str, str] = field(repr=False)
    mounts: tuple[Mount, ...] = ()
    app_command_line: str = ""
    always_on: bool = True
    admits_us: bool = True
    """Do its access rules let this machine in? On App Service no change of them restarts anything."""
    behaviour: SiteBehaviour | None = None
    """None = as it should."""

    @property
    def start_limit(self) -> float:
        """Seconds that the container may take until it answers: 230 unless set, 1800 at most.

        https://learn.microsoft.com/azure/app-service/reference-app-settings#custom-containers
        """
        return self._seconds("WEBSITES_CONTAINER_START_TIME_LIMIT", default=230, most=1800)

    @property
    def stop_limit(self) -> float:
        """Seconds from SIGTERM to SIGKILL: 5 unless set, 120 at most (same page)."""
        return self._seconds("WEBSITES_CONTAINER_STOP_TIME_LIMIT", default=5, most=120)

    @property
    def warm_up_path(self) -> str:
        """The path that has to answer before the site counts as started."""
        return self.app_settings.get("WEBSITE_WARMUP_PATH") or "/"

    def _seconds(self, setting: str, *, default: float, most: float) -> float:
        text = self.app_settings.get(setting, "")
        return min(float(text), most) if text.isdecimal() else default


class SiteStartError(Exception):
    """A site cannot be started now; the message says why. It is tried again later."""

"""Keeps the processes behind the sites in step with what Resource Manager says about them.

Level-triggered: `drive(name)` looks at the state as it is now and makes the process match. Calls may come in any
order and more than once; they are serialised per site, and never made inside a store transaction, because ending a
process takes seconds.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from localazure.emulator.arm.models.ports import FileShares, Sites
from localazure.emulator.arm.models.site_settings import admits, app_settings, mounts, site_config
from localazure.emulator.arm.models.store import Json, Resource, Store
from localazure.emulator.arm.resource_ids import SITES
from localazure.sites.config import Mount, SiteConfig

_log = logging.getLogger(__name__)

OK = "Ok"
INVALID_CREDENTIALS = "InvalidCredentials"
INVALID_SHARE = "InvalidShare"
LOOPBACK = "127.0.0.1"
"""Whoever reaches a site here comes from there."""


class SiteProcesses:
    """One process per running site."""

    def __init__(
        self,
        store: Store,
        sites: Sites,
        shares: FileShares,
        account_keys: Callable[[str], list[str] | None],
        mount_folder: Callable[[str, str], Path],
    ) -> None:
        """`mount_folder` is what a site that mounts a share of an account sees."""
        self._store = store
        self._sites = sites
        self._shares = shares
        self._account_keys = account_keys
        self._mount_folder = mount_folder
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._images: dict[str, str] = {}

    def host(self, name: str) -> str:
        """The host name of a site, `localhost:PORT`."""
        return self._sites.reserve(name.lower())

    def poll(self, name: str) -> str:
        """`Stopped`, `Starting`, `Running` or `Crashed`: the process, not what Resource Manager wants."""
        return self._sites.poll(name.lower())

    def drive(self, name: str, *, restart: bool = False) -> None:
        """Start, restart, stop or remove the site's process, whichever its state asks for."""
        name = name.lower()
        with self._locks[name]:
            site = self._store.find_global(SITES, name)
            if site is None:
                self._sites.remove(name)
                return
            if not is_enabled(site):
                self._sites.stop(name)
                return
            self._sites.apply(name, self.config(site))
            if restart or self._image_changed(site):
                self._sites.restart(name)

    def drive_all(self) -> None:
        """After a start of the emulator: every site comes back as it was."""
        for site in self._store.select(SITES):
            self.host(site.id.name)
            self.drive(site.id.name)

    def drive_mounting(self, account: str) -> None:
        """The account's keys changed: sites that mount its shares with the old one lose them."""
        for site in self._store.select(SITES):
            if any(mount["accountName"].lower() == account.lower() for mount in mounts(site).values()):
                self.drive(site.id.name)

    def config(self, site: Resource) -> SiteConfig:
        """What the process gets. A mount that Azure could not make is left out; its files are missing there too."""
        good = []
        for name, mount in mounts(site).items():
            if (state := self.mount_state(mount)) == OK:
                good.append(self._mount(mount))
            else:
                _log.warning("site %s: mount %s left out: %s", site.id.name, name, state)
        config = site_config(site)
        return SiteConfig(
            app_settings=dict(app_settings(site)),
            mounts=tuple(good),
            app_command_line=config.get("appCommandLine") or "",
            always_on=bool(config.get("alwaysOn", False)),
            admits_us=admits(config, LOOPBACK),
            behaviour=self._store.settings.behaviour_of(site.id.name),
        )

    def mount_state(self, mount: Json) -> str:
        """`Ok`, `InvalidCredentials` or `InvalidShare`, as in `config/azurestorageaccounts/list`."""
        account, share = _share_of(mount)
        keys = self._account_keys(account)
        if not keys or mount.get("accessKey") not in keys:
            return INVALID_CREDENTIALS
        try:
            return OK if self._shares.has_share(account, share) else INVALID_SHARE
        except ValueError:  # no share can have that name
            return INVALID_SHARE

    def _image_changed(self, site: Resource) -> bool:
        """Another image restarts a site on App Service; here the same registry starts again."""
        image = str(site_config(site).get("linuxFxVersion"))
        before, self._images[site.id.key] = self._images.get(site.id.key, image), image
        return before != image

    def _mount(self, mount: Json) -> Mount:
        account, share = _share_of(mount)
        return Mount(mount["mountPath"], account, share, self._mount_folder(account, share))


def is_enabled(site: Resource) -> bool:
    """Is the site meant to run? It is `Stopped` otherwise."""
    return bool(site.properties.get("enabled", True))


def _share_of(mount: Json) -> tuple[str, str]:
    """Names of accounts and shares are lower case, however a client spells them."""
    return mount["accountName"].lower(), mount["shareName"].lower()

"""The sites of this machine's App Service: each is a real registry process behind a TLS port of its own.

Below the root: `ports.json` (which site has which port), `run/` (process ids), `sites/{name}` (files of the
container), `blobs/{account}/{container}`, `logs/{name}.log`. Configurations are kept by the caller.
"""

import http.client
import logging
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from azure.core.exceptions import AzureError

from localazure.certificates import CertificateAuthority
from localazure.ports import is_free
from localazure.sites.blob_storage import blob_storage
from localazure.sites.config import Mount, SiteConfig, SiteStartError
from localazure.sites.container import Container, yaml_text
from localazure.sites.forbidding_site import FORBIDDEN_IP
from localazure.sites.ports import SitePorts
from localazure.sites.process import Launch, SiteProcess, end_leftover
from localazure.sites.site import CRASHED, RUNNING, STARTING, STOPPED, Site, SiteTimes

__all__ = ["CRASHED", "RUNNING", "STARTING", "STOPPED", "Mount", "SiteConfig", "SiteTimes", "Sites"]

logger = logging.getLogger(__name__)

_TIMES = SiteTimes()
_LEFTOVER_SECONDS = 5.0
_AFTERMATH_SECONDS = 0.5
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")


class Sites:
    """Start, stop and watch registry processes. All methods may be called from any thread."""

    def __init__(
        self,
        root: Path,
        ca: CertificateAuthority,
        registry_binary: Path,
        blob_endpoint: str,
        times: SiteTimes = _TIMES,
    ) -> None:
        """`blob_endpoint` is Azurite's. Ends what a killed predecessor on the same root left running."""
        self._root = root.absolute()
        for folder in ("run", "sites", "logs", "blobs"):
            (self._root / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._program = registry_binary.absolute()
        self._certificate, self._key = ca.server_certificate()
        self._client_context = ca.client_context()
        self._times = times
        self._ports = SitePorts(self._root / "ports.json")
        self._storage = blob_storage(self._program, self._root / "blobs", blob_endpoint)
        self._sites: dict[str, Site] = {}
        self._lock = threading.Lock()
        self._over = False
        self._end_leftovers()

    def reserve(self, name: str) -> str:
        """Host name and port of this site, `localhost:PORT`: the same for ever, whatever happens to it.

        Raises ValueError for what App Service would not take as a name.
        """
        return f"localhost:{self._ports.reserve(_checked(name))}"

    def apply(self, name: str, config: SiteConfig) -> None:
        """Start the site, or restart it if `config` is not what it runs with; returns at once."""
        name = _checked(name)
        with self._lock:
            site = self._sites.get(name)
            if not self._over and (site is None or not site.apply(config)):
                self._sites[name] = self._new_site(name, after=site)
                self._sites[name].apply(config)

    def restart(self, name: str) -> None:
        """Restart the site as it is; returns at once. Nothing for a stopped or unknown one."""
        site = self._sites.get(_checked(name))
        if site is not None:
            site.restart()

    def stop(self, name: str) -> None:
        """SIGTERM, then SIGKILL after its WEBSITES_CONTAINER_STOP_TIME_LIMIT; returns when it is over."""
        site = self._sites.get(_checked(name))
        if site is not None:
            site.stop()

    def remove(self, name: str) -> None:
        """Stop the site and delete its container and log; its blobs and its port stay."""
        name = _checked(name)
        site = self._sites.get(name)
        if site is not None:
            site.close()
        with self._lock:
            if self._sites.get(name) is site:  # else it is wanted again by now
                self._sites.pop(name, None)
                self._delete_files(name)

    def poll(self, name: str) -> str:
        """Stopped (also for an unknown site), Starting, Running or Crashed: see `Site.poll`."""
        site = self._sites.get(_checked(name))
        return STOPPED if site is None else site.poll()

    def stop_all(self, seconds: float = 8.0) -> None:
        """Stop all sites side by side, for good. Returns when they are gone, or after `seconds`."""
        with self._lock:
            self._over = True
            sites = dict(self._sites)
        for site in sites.values():
            site.begin_close()
        deadline = time.monotonic() + seconds
        for name, site in sites.items():
            if not site.close(max(deadline - time.monotonic(), 0)):
                logger.warning("site %s did not stop within %g s", name, seconds)

    def blobs(self, account: str, container: str) -> dict[str, int]:
        """The names of what registries have stored in a container, with their bytes."""
        return self._storage.blobs(account, container)

    def forget_account(self, account: str) -> None:
        """Delete the blobs of a storage account that is no more. Logged if that does not work."""
        self._forget(account, partial(self._storage.forget_account, account))

    def forget_container(self, account: str, container: str) -> None:
        """Delete the blobs of a container that is no more. Logged if that does not work."""
        self._forget(f"{account}/{container}", partial(self._storage.forget_container, account, container))

    def log_file(self, name: str) -> Path:
        """Everything the site's processes printed."""
        return self._root / "logs" / f"{_checked(name)}.log"

    def _new_site(self, name: str, after: Site | None) -> Site:
        port = self._ports.reserve(name)
        return Site(name, partial(self._launch, name, port), partial(self._answers, port), self._times, after)

    def _launch(self, name: str, port: int, config: SiteConfig) -> SiteProcess:
        if not _comes_free(port):
            raise SiteStartError(
                f"port {port} belongs to this site, and another program listens on it: stop that program"
            )
        container = Container(self._root / "sites" / name, self._program, config.mounts)
        container.create()
        command = container.command(config.app_command_line)
        if not config.admits_us:
            command = self._forbidding(port)
        elif config.behaviour:
            logger.warning("site %s: misbehaves on demand: %s", name, config.behaviour)
            command = config.behaviour.command(command)
        environment = self._storage.place(container.environment(config.app_settings)) | self._front_end(port)
        logger.info("site %s: starting on https://localhost:%d", name, port)
        pid_file = self._root / "run" / f"{name}.json"
        return SiteProcess.start(Launch(command, environment, container.root, self.log_file(name), pid_file))

    def _forbidding(self, port: int) -> list[str]:
        """On Azure the front end refuses an address; here another program stands in the registry's place."""
        program = str(Path(__file__).with_name("forbidding_site.py"))
        return [sys.executable, "-I", "-S", program, str(port), str(self._certificate), str(self._key)]

    def _front_end(self, port: int) -> dict[str, str]:
        """On Azure a front end ends TLS and passes on to the container; here the registry does both."""
        return {
            "REGISTRY_HTTP_ADDR": f"127.0.0.1:{port}",
            "REGISTRY_HTTP_TLS_CERTIFICATE": yaml_text(self._certificate),
            "REGISTRY_HTTP_TLS_KEY": yaml_text(self._key),
        }

    def _answers(self, port: int, path: str) -> bool:
        connection = http.client.HTTPSConnection("localhost", port, timeout=2, context=self._client_context)
        try:
            connection.request("GET", path, headers={"User-Agent": "localazure warm-up"})
            answer = connection.getresponse()
            return answer.status == 200 or answer.getheader(FORBIDDEN_IP) is not None
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _forget(self, what: str, forget: Callable[[], None]) -> None:
        try:
            forget()
        except (AzureError, SiteStartError) as error:
            logger.warning("the blobs of %s are not deleted: %s", what, error)

    def _delete_files(self, name: str) -> None:
        shutil.rmtree(self._root / "sites" / name, ignore_errors=True)
        self.log_file(name).unlink(missing_ok=True)
        self.log_file(name).with_suffix(".log.1").unlink(missing_ok=True)

    def _end_leftovers(self) -> None:
        for pid_file in (self._root / "run").glob("*.json"):
            pid = end_leftover(pid_file, _LEFTOVER_SECONDS)
            if pid is not None:
                logger.warning("site %s: ended process %d, left behind by an earlier run", pid_file.stem, pid)


def _comes_free(port: int) -> bool:
    """Children of a process that was killed are gone only a moment after it."""
    deadline = time.monotonic() + _AFTERMATH_SECONDS
    while not is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _checked(name: str) -> str:
    """App Service's rule: letters, digits and hyphens, 60 at most; upper and lower case are the same."""
    if not _NAME.fullmatch(name.lower()):
        raise ValueError(f"{name!r} is no name of a site")
    return name.lower()

"""A real registry as a site, set up as a registry of ours is set up on Azure."""

import base64
import http.client
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bcrypt
import pytest

from localazure.certificates import CertificateAuthority
from localazure.sites.behaviour import SiteBehaviour
from localazure.sites.sites import Mount, SiteConfig, Sites, SiteTimes

ROOT = Path(__file__).parents[2]
FAST = SiteTimes(first_pause=0.1, longest_pause=0.4, glance=0.02)

SETTINGS = {
    "WEBSITES_PORT": "5000",
    "WEBSITES_ENABLE_APP_SERVICE_STORAGE": "false",
    "WEBSITES_CONTAINER_START_TIME_LIMIT": "20",
    "WEBSITE_WARMUP_PATH": "/",
    "WEBSITE_WARMUP_STATUSES": "200",
    "OTEL_TRACES_EXPORTER": "none",
    "REGISTRY_AUTH": "htpasswd",
    "REGISTRY_AUTH_HTPASSWD_REALM": "berthage-demo",
    "REGISTRY_AUTH_HTPASSWD_PATH": "/auth/htpasswd",
    "REGISTRY_STORAGE": "azure",
    "REGISTRY_STORAGE_AZURE_ACCOUNTNAME": "stdemo",
    "REGISTRY_STORAGE_AZURE_ACCOUNTKEY": base64.b64encode(b"a key of 64 bytes".ljust(64)).decode(),
    "REGISTRY_STORAGE_AZURE_CONTAINER": "registry",
    "REGISTRY_STORAGE_AZURE_CREDENTIALS_TYPE": "shared_key",
    "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR": "inmemory",
    "REGISTRY_STORAGE_DELETE_ENABLED": "true",
    "REGISTRY_STORAGE_REDIRECT_DISABLE": "false",
    "REGISTRY_HTTP_SECRET": "kept-once-made",
    "REGISTRY_HTTP_RELATIVEURLS": "true",
    "REGISTRY_HTTP_DRAINTIMEOUT": "20s",
    "REGISTRY_HEALTH_STORAGEDRIVER_ENABLED": "true",
    "REGISTRY_HEALTH_STORAGEDRIVER_INTERVAL": "10s",
    "REGISTRY_HEALTH_STORAGEDRIVER_THRESHOLD": "3",
}


def registry_binary() -> Path:
    """The registry that scripts/install unpacks, or the one that REGISTRY_BINARY names."""
    unpacked = ROOT / ".tools/docker-registry/usr/bin/docker-registry"
    binary = Path(os.environ.get("REGISTRY_BINARY") or unpacked)
    assert binary.exists(), f"{binary} is missing: run scripts/install"
    return binary


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = 15) -> None:
    """Fail with `what` if it does not come true."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s: {what}")
        time.sleep(0.02)


@dataclass
class Rig:
    """Sites on a folder, with a share that holds the htpasswd file."""

    root: Path
    ca: CertificateAuthority
    sites: Sites
    share: Path

    @classmethod
    def create(cls, folder: Path, program: Path | None = None, times: SiteTimes = FAST) -> "Rig":
        ca = CertificateAuthority.load_or_create(folder)
        share = folder / "share"
        share.mkdir(exist_ok=True)
        root = folder / "sites"
        sites = Sites(root, ca, program or registry_binary(), "http://127.0.0.1:1/devstoreaccount1", times)
        return cls(root, ca, sites, share)

    def config(
        self,
        *,
        mounted: bool = True,
        command: str = "",
        behaviour: SiteBehaviour | None = None,
        **settings: str,
    ) -> SiteConfig:
        """The usual settings and mount; `settings` on top."""
        mounts = (Mount("/auth", "stdemo", "auth", self.share),) if mounted else ()
        return SiteConfig({**SETTINGS, **settings}, mounts, command, behaviour=behaviour)

    def write_users(self, **users: str) -> None:
        lines = [
            f"{name}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(5)).decode()}"
            for name, password in users.items()
        ]
        fresh = self.share / ".htpasswd.new"
        fresh.write_text("\n".join(lines) + "\n")
        fresh.replace(self.share / "htpasswd")

    def port(self, name: str = "demo") -> int:
        return int(self.sites.reserve(name).removeprefix("localhost:"))

    def wait_for(self, state: str, name: str = "demo") -> None:
        wait_until(
            lambda: self.sites.poll(name) == state,
            f"{name} is {state} (it is {self.sites.poll(name)}); its log: {self.log(name)}",
        )

    def start(self, config: SiteConfig, name: str = "demo") -> None:
        self.sites.apply(name, config)
        self.wait_for("Running", name)

    def get(self, path: str, user: tuple[str, str] | None = None, name: str = "demo") -> int:
        """The status of a GET over TLS."""
        return self.answer(path, user, name)[0]

    def answer(
        self, path: str, user: tuple[str, str] | None = None, name: str = "demo"
    ) -> tuple[int, http.client.HTTPMessage]:
        connection = http.client.HTTPSConnection(
            "localhost", self.port(name), timeout=10, context=self.ca.client_context()
        )
        try:
            basic = base64.b64encode(":".join(user).encode()).decode() if user else ""
            connection.request("GET", path, headers={"Authorization": f"Basic {basic}"} if user else {})
            response = connection.getresponse()
            return response.status, response.headers
        finally:
            connection.close()

    def pid(self, name: str = "demo") -> int:
        return int((self.root / "run" / f"{name}.json").read_text().split('"pid": ')[1].split(",")[0])

    def log(self, name: str = "demo") -> str:
        file = self.sites.log_file(name)
        return file.read_text(errors="replace") if file.exists() else ""

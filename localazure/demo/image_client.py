"""A real registry client, as a person would use it: skopeo, or Docker or Podman where there is no skopeo.

Passwords reach it on standard input alone, and it keeps them in an auth file in a folder of our own.
"""

import json
import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from localazure.demo.image import Image, layout_archive
from localazure.errors import LocalAzureError

_TIMEOUT_SECONDS = 60
_REFUSED = ("unauthorized", "invalid username/password", "authentication required")


class ImageClientError(LocalAzureError):
    """The client ended with an error; the message holds what it said."""


class ImageClient(ABC):
    """Logs in, pushes and pulls."""

    name: ClassVar[str]

    def __init__(self, folder: Path, ca_bundle: Path) -> None:
        """Work in `folder`, which nobody else may read, and trust the authorities in `ca_bundle` (PEM)."""
        self._folder = folder
        auth = folder / "auth"
        auth.mkdir(mode=0o700)
        self._environment = {
            **os.environ,
            "SSL_CERT_FILE": str(ca_bundle),
            "REGISTRY_AUTH_FILE": str(auth / "config.json"),  # skopeo and Podman
            "DOCKER_CONFIG": str(auth),
        }

    def login(self, registry: str, user: str, password: str) -> bool:
        """Log in. False if the registry refuses this user; raises ImageClientError for anything else."""
        arguments = ["login", "--username", user, "--password-stdin", registry]
        done = self._try(arguments, standard_input=password)
        if done.returncode == 0:
            return True
        if any(word in done.stderr.lower() for word in _REFUSED):
            return False
        raise self._error(arguments, done)

    @abstractmethod
    def push(self, image: Image, reference: str) -> str:
        """Push as `reference` (`host:port/repository:tag`). Returns the digest; raises ImageClientError."""

    @abstractmethod
    def pull(self, reference: str) -> str:
        """Pull everything again. Returns the digest of what came; raises ImageClientError."""

    def _run(self, *arguments: str) -> str:
        done = self._try(list(arguments))
        if done.returncode != 0:
            raise self._error(list(arguments), done)
        return done.stdout.strip()

    def _try(self, arguments: list[str], standard_input: str = "") -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [self.name, *arguments],
                input=standard_input,
                env=self._environment,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ImageClientError(f"`{self.name} {arguments[0]}` took over {_TIMEOUT_SECONDS} s") from error

    def _error(self, arguments: list[str], done: subprocess.CompletedProcess[str]) -> ImageClientError:
        return ImageClientError(
            f"`{self.name} {' '.join(arguments)}`: {done.stderr.strip() or done.stdout.strip()}"
        )


class Skopeo(ImageClient):
    """Copies between a folder and the registry, without a daemon."""

    name = "skopeo"

    def push(self, image: Image, reference: str) -> str:
        """See ImageClient."""
        digest_file = self._folder / "pushed-digest"
        tag = reference.rpartition(":")[2]
        self._run(
            "copy", "--digestfile", str(digest_file), f"oci:{image.layout}:{tag}", f"docker://{reference}"
        )
        return digest_file.read_text(encoding="ascii").strip()

    def pull(self, reference: str) -> str:
        """See ImageClient. skopeo checks every layer against its digest while it copies."""
        layout, tag = self._folder / "pulled", reference.rpartition(":")[2]
        self._run("copy", f"docker://{reference}", f"oci:{layout}:{tag}")
        index = json.loads((layout / "index.json").read_text(encoding="utf-8"))
        return str(index["manifests"][0]["digest"])


class Docker(ImageClient):
    """The Docker command line and its daemon, which trusts registries on localhost."""

    name = "docker"

    def push(self, image: Image, reference: str) -> str:
        """See ImageClient. The digest may differ from the built one: the daemon packs the layers anew."""
        archive = self._folder / "image.tar"
        layout_archive(image.layout, archive)
        self._run("load", "--input", str(archive))
        self._run("tag", image.reference, reference)
        self._run("push", reference)
        return self._digest(reference)

    def pull(self, reference: str) -> str:
        """See ImageClient. What the daemon had of the image is removed before and after."""
        repository, _, tag = reference.rpartition(":")
        self._run("rmi", "--force", reference, f"{repository.partition('/')[2]}:{tag}")
        self._run("pull", reference)
        digest = self._digest(reference)
        self._run("rmi", "--force", reference)
        return digest

    def _digest(self, reference: str) -> str:
        digests: list[str] = json.loads(
            self._run("image", "inspect", "--format", "{{json .RepoDigests}}", reference)
        )
        repository = reference.rpartition(":")[0]
        return next(digest for digest in digests if digest.startswith(f"{repository}@")).partition("@")[2]


class Podman(Docker):
    """Podman, which takes Docker's arguments."""

    name = "podman"


def find_client() -> type[ImageClient]:
    """The first client on the PATH: skopeo, docker, podman. Raises LocalAzureError if there is none."""
    for client in (Skopeo, Docker, Podman):
        if shutil.which(client.name):
            return client
    raise LocalAzureError(
        "No registry client was found. Install skopeo (apt-get or brew install skopeo), docker or podman."
    )

"""A folder that stands for a container's file system, and what a process needs to find its way in it.

The process runs on this machine's own file system, so paths of the container are translated: those under a
mount to the share's folder, all others to this folder. Without that, a registry whose share is missing would
write its invented htpasswd file to a place that belongs to the person at the terminal.
"""

import json
import posixpath
import re
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from localazure.sites.config import Mount, SiteStartError

CONFIG_PATHS = ("/etc/docker/registry/config.yml", "/etc/distribution/config.yml")
"""Where the official image keeps its configuration: version 2, version 3."""

STORAGE_PATH = "/var/lib/registry"

_PROGRAM = "/bin/registry"

_FILE_SETTINGS = {
    "REGISTRY_AUTH_HTPASSWD_PATH",
    "REGISTRY_AUTH_TOKEN_JWKS",
    "REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE",
    "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY",
}
"""Settings that name a file or folder. A relative path is one below `/`, the image's working directory."""

_NOT_PASSED_ON = {
    "DOCKER_REGISTRY_SERVER_URL",
    "DOCKER_REGISTRY_SERVER_USERNAME",
    "DOCKER_REGISTRY_SERVER_PASSWORD",
    "PATH",
}
"""App Service keeps the first three to itself (reference-app-settings); PATH is this machine's."""

_IMAGE_CONFIG = """\
# What the official image of CNCF Distribution is configured with; app settings go on top.
version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: {storage}
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
"""


@dataclass(frozen=True)
class Container:
    """The file system of one site's container: `root` is its `/`."""

    root: Path
    program: Path
    mounts: tuple[Mount, ...] = ()

    def create(self) -> None:
        """What the image brings and nothing else: App Service keeps nothing of an earlier container."""
        shutil.rmtree(self.root, ignore_errors=True)
        config = _IMAGE_CONFIG.format(storage=json.dumps(str(self.local(STORAGE_PATH))))
        for path in CONFIG_PATHS:
            self._parents(path).write_text(config, encoding="utf-8")
        self._parents(_PROGRAM).symlink_to(self.program)

    def local(self, path: str) -> Path:
        """Where this path of the container is on this machine."""
        inside = PurePosixPath(posixpath.normpath(posixpath.join("/", path)))
        for mount in self._innermost_first():
            if inside.is_relative_to(mount.mount_path):
                return mount.folder / inside.relative_to(mount.mount_path)
        return self.root / inside.relative_to("/")

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The environment of the process: the site's settings, nothing of ours but a minimal PATH.

        OTEL_TRACES_EXPORTER is the version 3 image's own; without it every second brings an export error.
        """
        image = {"PATH": f"{self.root}/bin:/usr/bin:/bin", "OTEL_TRACES_EXPORTER": "none"}
        passed_on = {name: value for name, value in settings.items() if name not in _NOT_PASSED_ON}
        return image | {name: self._value(name, value) for name, value in passed_on.items()}

    def command(self, app_command_line: str) -> list[str]:
        """What to run. A command line replaces the image's command; its entry point stays, and it does this:

        a `.yml` is served, registry's own commands go to registry, anything else is run as it is.
        Raises SiteStartError for a command line with an open quote.
        """
        try:
            words = shlex.split(app_command_line) or [CONFIG_PATHS[0]]
        except ValueError as error:
            raise SiteStartError(f"appCommandLine cannot be split into words: {error}") from error
        if words[0].endswith((".yml", ".yaml")):
            words = [_PROGRAM, "serve", *words]
        elif words[0] in {"serve", "garbage-collect", "help"} or words[0].startswith("-"):
            words = [_PROGRAM, *words]
        elif words[0] == "registry":
            words[0] = _PROGRAM
        return [self._translate(word) for word in words]

    def _value(self, name: str, value: str) -> str:
        if name in _FILE_SETTINGS and value:
            return yaml_text(self.local(value))
        if any(PurePosixPath(value).is_relative_to(mount.mount_path) for mount in self.mounts):
            return yaml_text(self.local(value)) if name.startswith("REGISTRY_") else str(self.local(value))
        return value

    def _translate(self, word: str) -> str:
        """Replace known paths in a word, which may be a whole shell script."""
        known = [mount.mount_path.rstrip("/") for mount in self._innermost_first()]
        known += [*CONFIG_PATHS, STORAGE_PATH, _PROGRAM]
        # Only where a path begins and where one of its names ends: not the /auth of /my/auth or of /authors.
        pattern = rf"(?<![\w./-])(?:{'|'.join(map(re.escape, known))})(?![\w.-])"
        return re.sub(pattern, lambda match: str(self.local(match[0])), word)

    def _innermost_first(self) -> list[Mount]:
        return sorted(self.mounts, key=lambda mount: len(mount.mount_path), reverse=True)

    def _parents(self, path: str) -> Path:
        local = self.root / path.lstrip("/")
        local.parent.mkdir(parents=True, exist_ok=True)
        return local


def yaml_text(path: Path) -> str:
    """A path as Distribution reads it from the environment, as YAML: quoted where it would mean more."""
    text = str(path)
    return text if re.fullmatch(r"[\w./+ -]*[\w./+-]", text) else json.dumps(text)

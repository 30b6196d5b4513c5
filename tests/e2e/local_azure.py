"""A local Azure with everything that a test does to it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from localazure.demo.image_client import ImageClient, find_client
from localazure.up.environment import ROOT
from tests.e2e.api_client import Api
from tests.e2e.emulated_azure import EmulatedAzure
from tests.e2e.registry_door import Door
from tests.localazure.up_process import Up

QUIET = {
    # a sweep happens when a test asks for one, so that nothing else writes while it looks
    "HEALTH_SWEEP_SCHEDULE": "0 0 0 1 1 *",
    # a test sends as much as it likes, all with one key
    "WRITES_PER_MINUTE": "0",
    "SECRETS_PER_MINUTE": "0",
}
"""What every test needs that does not say otherwise."""


@dataclass(frozen=True)
class LocalAzure:
    """`python -m localazure up`, running."""

    up: Up
    api: Api
    azure: EmulatedAzure
    door: Door
    ca_bundle: Path

    def image_client(self, folder: Path) -> ImageClient:
        """A real registry client with its own auth file in `folder`."""
        folder.mkdir(mode=0o700, exist_ok=True)
        return find_client()(folder, self.ca_bundle)


@contextmanager
def running(folder: Path, settings: Mapping[str, str], *options: str) -> Iterator[LocalAzure]:
    """Started in `folder`, which may hold the state of an earlier run, with `options` of `up`; stopped in the end."""
    up = Up(folder, ROOT, *options)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {**QUIET, **settings}.items():
            environment.setenv(name, value)
        up.start()
    try:
        ready = up.ready()
        with Api(ready) as api, EmulatedAzure(ready) as azure, Door(ready["caBundle"]) as door:
            yield LocalAzure(up, api, azure, door, Path(ready["caBundle"]))
    finally:
        assert up.stop() == 0, up.log.read_text(encoding="utf-8")

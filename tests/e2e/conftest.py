"""One local Azure for the tests of this folder, and one registry that is there all the time.

`scripts/test` runs files of tests side by side: each of its processes has a local Azure of its own.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import named_keys
from tests.e2e.leaks import leaked
from tests.e2e.local_azure import LocalAzure, running
from tests.e2e.sinks import Sinks, receiving

SETTINGS = {
    # operators may allow what Azure then refuses
    "ALLOWED_SKUS": "B1,B2,S1,X9",
    "ALLOWED_LOCATIONS": "westeurope,northeurope,atlantis",
    "TURN_DELAY_SECONDS": "0",  # each look at Azure follows the one before at once
    "HEALTH_RECHECK_SECONDS": "1",
    "ROLE_GRANTS": named_keys.ROLE_GRANTS,
}


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the local Azure, which has not started yet."""
    made = tmp_path_factory.mktemp("azure")
    named_keys.keep_in(made)
    return made


@pytest.fixture(scope="package")
def sinks(folder: Path) -> Iterator[Sinks]:
    """Where notices arrive."""
    with receiving(folder / "state" / "emulator") as receivers:
        yield receivers


@pytest.fixture(scope="package")
def local(folder: Path, sinks: Sinks) -> Iterator[LocalAzure]:
    """No secret is written down in all its life: tables, queues, logs and requests are searched in the end."""
    with running(folder, {**SETTINGS, **sinks.settings}) as local_azure:
        yield local_azure
        assert leaked(local_azure, sinks.secrets) == []


@pytest.fixture(scope="package")
def harbour(local: LocalAzure) -> str:
    """The name of a registry that is ready and has the user `alice`. Tests leave both as they are."""
    local.api.create_registry("harbour")
    local.api.create_user("harbour", "alice")
    return "harbour"

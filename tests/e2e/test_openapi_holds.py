"""Whatever the OpenAPI document allows or forbids, the live API does as it says: schemathesis, all checks on."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.local_azure import LocalAzure, running

EXAMPLES = os.environ.get("BERTHAGE_API_EXAMPLES", "12")
"""Of each operation and phase. The same ones each time, so that red is what a change did; more of them find more."""
HERE = Path(__file__).parent / "api_fuzzing"


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    """A local Azure of its own, where there is room for a few registries only: each is a process."""
    settings = {"MAX_REGISTRIES": "5", "TURN_DELAY_SECONDS": "0"}
    with running(tmp_path_factory.mktemp("crowded"), settings) as local:
        yield local


@pytest.mark.timeout(400)
def test_no_answer_is_outside_of_the_document(crowded: LocalAzure, tmp_path: Path) -> None:
    """Every check but one: a method that no function takes is the host's empty 404, not a 405 (the test below)."""
    link = crowded.api.call("POST", "status/links", 201)["url"]
    command = [
        *(
            str(Path(sys.executable).with_name("schemathesis")),
            "--config-file",
            str(HERE / "schemathesis.toml"),
        ),
        *(
            "run",
            f"{crowded.api.url}openapi.json",
            "--max-examples",
            EXAMPLES,
            "--seed",
            "1",
            "--workers",
            "4",
        ),
        *("--checks", "all", "--exclude-checks", "unsupported_method", "--continue-on-failure"),
        *("--header", f"x-functions-key: {crowded.api.key}", "--request-timeout", "30", "--no-color"),
        *("--header", f"Cookie: berthage_status={link.partition('#')[2]}"),
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    tested = re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", run.stdout)
    assert tested, run.stdout
    assert tested[1] == tested[2] == tested[3], run.stdout
    print("".join(re.findall(r"Test cases:\n.*\n", run.stdout)))  # noqa: T201 - for whoever runs it with -s


def test_a_method_that_no_function_takes_is_the_hosts_empty_404(local: LocalAzure) -> None:
    paths = local.api.call("GET", "openapi.json", 200)["paths"]
    taken = [(method.upper(), _pattern(path)) for path, operations in paths.items() for method in operations]
    for path in paths:
        url = re.sub(r"{\w+}", "x-1", path)
        for method in ("GET", "PUT", "POST", "PATCH", "DELETE"):
            # `users/import` is also the path of a user named `import`
            if any(method == each and re.fullmatch(pattern, url) for each, pattern in taken):
                continue
            answer = local.api.send(method, url.removeprefix("/api/"))
            assert (answer.status_code, answer.content) == (404, b""), f"{method} {path}"


def _pattern(path: str) -> str:
    return re.sub(r"{\w+}", "[^/]+", path)

"""What the documentation tells people to type works when it is typed."""

from collections.abc import Iterator

import pytest

from tests.docs.curl_examples import CurlExample, curl_examples, preamble
from tests.docs.markdown import blocks
from tests.e2e.local_azure import LocalAzure
from tests.e2e.shell import Shell

USED = ("demo", "spare")
"""Registries that the examples make."""


@pytest.fixture(scope="module")
def shell(local: LocalAzure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    yield Shell(local, tmp_path_factory.mktemp("documentation") / "typed")
    for name in USED:
        purge(local, name)


def purge(local: LocalAzure, name: str) -> None:
    local.api.settle(name)
    answer = local.api.send("DELETE", f"registries/{name}?purge=true&confirm={name}")
    if answer.status_code != 204:
        local.api.finish(answer.json())


@pytest.mark.parametrize("found", curl_examples().values(), ids=lambda found: found.name)
def test_the_curl_example_of_a_function_runs(local: LocalAzure, shell: Shell, found: CurlExample) -> None:
    shell.run(f"{preamble()}\n{found.text}")
    for name in USED:
        local.api.settle(name)


def test_the_ten_lines_of_the_readme_run(local: LocalAzure, shell: Shell) -> None:
    purge(local, "demo")
    [block] = blocks("README.md", "bash")
    lines = shell.run(block.text).splitlines()
    assert lines.count("Succeeded") == block.text.count("| jq -r .status")
    assert "Login Succeeded!" in lines
    local.api.settle("demo")
    assert local.api.send("GET", "registries/demo").status_code == 404

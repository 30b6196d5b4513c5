"""What the documentation tells people to type works when it is typed."""

import json
from collections.abc import Iterator

import pytest

from shared.domain.users.reveal import Purpose
from tests.docs.curl_examples import CurlExample, curl_examples, preamble
from tests.docs.markdown import ROOT, blocks
from tests.e2e.local_azure import LocalAzure
from tests.e2e.offers import offer
from tests.e2e.shell import Shell

USED = ("demo", "spare", "payments")
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
    link = {"LINK": a_link(local, shell)} if "LINK" in found.text else {}
    shell.run(f"{preamble()}\n{found.text}", **link)
    for name in USED:
        local.api.settle(name)


def a_link(local: LocalAzure, shell: Shell) -> str:
    """Made when it is first asked for: one example uses it up, and another asks how far that is."""
    kept = shell.folder / "link"
    if not kept.exists():
        kept.write_text(offer(local, "demo", "dev", Purpose.CREATE).url, encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def test_the_ten_lines_of_the_readme_run(local: LocalAzure, shell: Shell) -> None:
    purge(local, "demo")
    [block] = blocks("README.md", "bash")
    lines = shell.run(block.text).splitlines()
    assert lines.count("Succeeded") == block.text.count("| jq -r .status")
    assert "Login Succeeded!" in lines
    local.api.settle("demo")
    assert local.api.send("GET", "registries/demo").status_code == 404


@pytest.mark.parametrize("page", ["docs/recipes/github-actions.md", "docs/recipes/kubernetes.md"])
def test_the_commands_of_a_recipe_run(local: LocalAzure, shell: Shell, page: str) -> None:
    """On the registry that the examples have made."""
    shell.run(f'{preamble()}\ncurl -sS "${{auth[@]}}" -X PUT "$API/registries/demo"')
    local.api.settle("demo")
    shell.run("\n".join(block.text for block in blocks(page, "bash")))


def test_the_script_of_the_bash_recipe_runs_twice_in_a_row(local: LocalAzure, shell: Shell) -> None:
    """docs/decisions/0012 says why the name has to be freed in between."""
    script, restore, free = (block.text for block in blocks("docs/recipes/bash.md", "bash"))
    team = {"TEAM": "payments"}
    for _ in range(2):
        done = shell.attempt(script, team)
        assert (done.returncode, done.stderr) == (0, "")
        successor, purge_on = done.stdout.split()
        assert (successor, purge_on[:2]) == ("ci-2", "20")
        login_file = json.loads((shell.folder / "config.json").read_text(encoding="utf-8"))
        assert "null" not in login_file["auths"]
        assert refusal(shell, script, team, "RegistrySoftDeleted", "/restore", "purge=true")
        shell.run(restore, **team)
        local.api.settle("payments")
        assert refusal(shell, script, team, "SecretNotAvailable", "rotate?format=")
        shell.run(free, **team)
        local.api.settle("payments")


def refusal(shell: Shell, script: str, team: dict[str, str], *words: str) -> bool:
    """Does the script end because of that, with its way out?"""
    refused = shell.attempt(script, team)
    return refused.returncode != 0 and all(word in refused.stderr for word in words)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("echo wrong-password | skopeo login $HOST -u ci --password-stdin", "invalid username/password"),
        ("skopeo inspect --no-creds docker://$HOST/team/app:1", "authentication required"),
        ("skopeo inspect --creds ci:$PASSWORD docker://$HOST/team/app:1", "manifest unknown"),
        ("SSL_CERT_FILE=/dev/null skopeo inspect docker://$HOST/team/app:1", "signed by unknown authority"),
    ],
)
def test_the_troubleshooting_page_has_what_a_client_prints(
    login: dict[str, str], shell: Shell, command: str, words: str
) -> None:
    done = shell.attempt(command, login)
    assert done.returncode != 0
    assert words in done.stderr
    assert words in (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def login(local: LocalAzure, harbour: str) -> Iterator[dict[str, str]]:
    """Of a user whom the registry knows."""
    host = local.api.call("GET", f"registries/{harbour}", 200)["loginServer"]
    yield {"HOST": host, "PASSWORD": local.api.create_user(harbour, "ci")}
    local.api.finish(local.api.call("DELETE", f"registries/{harbour}/users/ci", 202))

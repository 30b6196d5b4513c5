"""The pages hold together: examples are well-formed, links lead somewhere. The e2e tests run them."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from tests.docs.markdown import ROOT, Block, blocks, pages

EVERY = [
    pytest.param(block, id=f"{page}-{number}")
    for page in pages()
    for number, block in enumerate(blocks(page))
]
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)

NAME = {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"}
SECRET = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "type", "data"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": "v1"},
        "kind": {"const": "Secret"},
        "metadata": {"type": "object", "required": ["name"], "properties": {"name": NAME}},
        "type": {"const": "kubernetes.io/dockerconfigjson"},
        "data": {
            "type": "object",
            "required": [".dockerconfigjson"],
            "additionalProperties": {"type": "string", "pattern": r"^[A-Za-z0-9+/]+=*$"},
        },
    },
}
"""kubernetes.io/docs/concepts/configuration/secret, as far as a pull secret needs it."""


@pytest.mark.parametrize("block", EVERY)
def test_an_example_is_well_formed(block: Block) -> None:
    if block.language == "json":
        json.loads(block.text)
    if block.language == "yaml":
        YAML(typ="safe").load(block.text)
    if block.language == "bash":
        done = subprocess.run(
            ["bash", "-n"], input=block.text, text=True, capture_output=True, timeout=20, check=False
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("page", "schema", "more"),
    [
        ("docs/recipes/github-actions.md", "vendor.github-workflows", ()),
        (
            "docs/recipes/azure-devops.md",
            "vendor.azure-pipelines",
            ("--data-transform", "azure-pipelines", "--regex-variant", "nonunicode"),
        ),
    ],
)
def test_a_pipeline_is_what_its_vendor_says(
    page: str, schema: str, more: tuple[str, ...], tmp_path: Path
) -> None:
    [pipeline] = blocks(page, "yaml")
    written = tmp_path / "pipeline.yml"
    written.write_text(pipeline.text, encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *more, str(written)]
    done = subprocess.run(command, text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pull_secret_is_one() -> None:
    secret, pod = [
        YAML(typ="safe").load(block.text) for block in blocks("docs/recipes/kubernetes.md", "yaml")
    ]
    Draft202012Validator(SECRET).validate(secret)
    config = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))
    [[server, login]] = config["auths"].items()
    assert base64.b64decode(login["auth"]).decode().startswith("cluster:")
    assert pod["spec"]["imagePullSecrets"] == [{"name": secret["metadata"]["name"]}]
    assert pod["spec"]["containers"][0]["image"].startswith(f"{server}/")


@pytest.mark.parametrize("page", pages())
def test_a_link_leads_somewhere(page: str) -> None:
    for target, heading in _LINK.findall((ROOT / page).read_text(encoding="utf-8")):
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), f"{page}: {target}"
        if heading and path.suffix == ".md":
            titles = _HEADING.findall(path.read_text(encoding="utf-8"))
            assert heading in {_anchor(title) for title in titles}, f"{page}: {target}#{heading}"


def _anchor(title: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")

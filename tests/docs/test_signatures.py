"""What docs/health.md says of signatures, tried on real ones."""

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.domain.notices.sinks import Sink, check_addresses
from shared.sinks.webhook import body, headers
from tests.docs.markdown import blocks
from tests.unit.sinks.examples import told

PAGE = "docs/health.md"


def example(language: str, word: str) -> str:
    [found] = [block.text for block in blocks(PAGE, language) if word in block.text]
    return found


@pytest.fixture(scope="module")
def secret() -> str:
    """Made as the page says, and taken by the settings."""
    made = subprocess.run(
        ["bash", "-c", example("bash", "rand")], text=True, capture_output=True, timeout=20, check=True
    ).stdout.strip()
    check_addresses([WEBHOOK], {"SINK_PAGER_URL": "https://a.example/", "SINK_PAGER_SECRET": made})
    return made


WEBHOOK = Sink.model_validate({"name": "pager", "kind": "webhook"})


def signed(secret: str, age: float = 0) -> tuple[dict[str, str], bytes]:
    environ = {"SINK_PAGER_URL": "https://a.example/", "SINK_PAGER_SECRET": secret}
    key = check_addresses([WEBHOOK], environ)["pager"].key
    content = body(told())
    return headers(told(), content, key, datetime.now(UTC) - timedelta(seconds=age)), content


def in_python(sent: dict[str, str], content: bytes, secret: str, folder: Path) -> bool:
    _ = folder
    names: dict[str, Any] = {}
    exec(example("python", "hmac"), names)
    verify: Callable[[dict[str, str], bytes, str], bool] = names["is_berthage"]
    return verify(sent, content, secret)


def in_a_shell(sent: dict[str, str], content: bytes, secret: str, folder: Path) -> bool:
    (folder / "body.json").write_bytes(content)
    done = subprocess.run(
        ["bash", "-c", example("bash", "hexkey")],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "SECRET": secret,
            "ID": sent["webhook-id"],
            "TIMESTAMP": sent["webhook-timestamp"],
            "SIGNATURE": sent["webhook-signature"],
        },
        text=True,
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode == 0 and done.stdout == "signed by Berthage\n"


@pytest.mark.parametrize("verify", [in_python, in_a_shell])
def test_the_example_accepts_what_we_sign_and_nothing_else(
    verify: Callable[..., bool], secret: str, tmp_path: Path
) -> None:
    sent, content = signed(secret)
    assert verify(sent, content, secret, tmp_path)
    assert not verify(sent, content + b" ", secret, tmp_path)
    earlier = str(int(sent["webhook-timestamp"]) - 1)
    assert not verify({**sent, "webhook-timestamp": earlier}, content, secret, tmp_path)
    old, content = signed(secret, age=400)
    assert not verify(old, content, secret, tmp_path)

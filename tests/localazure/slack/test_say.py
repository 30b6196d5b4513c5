"""What `slack-say` says when there is nothing to speak to."""

from pathlib import Path

import pytest

from localazure.__main__ import main
from localazure.private_files import write_private_json


def test_without_a_local_azure_it_says_how_to_start_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["slack-say", "--state", str(tmp_path), "list"]) == 1
    assert "scripts/up" in capsys.readouterr().err


def test_a_double_that_is_gone_is_an_error_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_private_json(tmp_path / "ready.json", {"slackControlUrl": "http://localhost:9/_slack"})
    assert main(["slack-say", "--state", str(tmp_path), "list"]) == 1
    assert "the double of Slack does not answer" in capsys.readouterr().err

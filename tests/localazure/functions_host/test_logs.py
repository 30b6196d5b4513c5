"""Which records are shown, and how."""

import logging
from collections.abc import Generator

import pytest

from localazure.functions_host import logs


@pytest.fixture(autouse=True)
def _untouched_logging() -> Generator[None]:
    """The host takes over all of logging; tests after these want it back, and an app's own levels stay out of it."""
    root, worker, sdk = logging.getLogger(), logging.getLogger("azure.functions"), logging.getLogger("azure")
    handlers, levels, filters = root.handlers[:], (root.level, sdk.level), worker.filters[:]
    sdk.setLevel(logging.NOTSET)
    yield
    root.handlers[:], worker.filters[:] = handlers, filters
    root.setLevel(levels[0])
    sdk.setLevel(levels[1])
    logging.captureWarnings(capture=False)


def test_the_most_specific_category_decides(capsys: pytest.CaptureFixture[str]) -> None:
    levels = {"default": "Warning", "Azure.Core": "Error", "azure.core.pipeline": "Debug", "Host": "None"}
    logs.configure(levels, [], lambda _: None)
    logging.getLogger("app").info("1 too low")
    logging.getLogger("app").warning("2 shown")
    logging.getLogger("azure.core.credentials").warning("3 too low")
    logging.getLogger("azure.core.pipeline.transport").debug("4 shown")
    logging.getLogger("azure.corelike").warning("5 shown")
    logging.getLogger("localazure.functions_host.host").critical("6 off")
    assert _numbers(capsys) == ["2", "4", "5"]


def test_the_storage_sdks_lines_about_each_poll_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    name = "azure.core.pipeline.policies.http_logging_policy"
    logs.configure({}, [], lambda _: None)
    logging.getLogger(name).info("1 too low")
    logs.configure({name: "Information"}, [], lambda _: None)
    logging.getLogger(name).info("2 asked for")
    assert _numbers(capsys) == ["2"]


def test_keys_are_not_shown_in_any_spelling(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure({}, ["a+b/c=="], lambda _: None)
    logging.getLogger("app").info("GET /x?code=a%2Bb%2Fc%3D%3D with a+b/c==")
    assert capsys.readouterr().err.rstrip().endswith("app: GET /x?code=[key] with [key]")


def test_what_follows_the_first_line_is_indented(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure({}, [], lambda _: None)
    try:
        raise ValueError("sample")
    except ValueError:
        logging.getLogger("app").exception("it failed")
    first, *others = capsys.readouterr().err.splitlines()
    assert first.endswith("ERROR   app: it failed")
    assert others[0] == "    Traceback (most recent call last):"
    assert all(line.startswith("    ") for line in others)


def _numbers(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.split(": ")[1][0] for line in capsys.readouterr().err.splitlines()]

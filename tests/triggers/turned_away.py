"""What whoever is turned away at a door for signed requests hears, and what the log says of it."""

from typing import Any

from tests.triggers.app_process import Invoked


def check_silence(answer: dict[str, Any]) -> None:
    """A 401 that says nothing."""
    assert (answer["status"], answer["text"]) == (401, "")
    assert not {"www-authenticate", "x-ms-error-code"} & {name.lower() for name in answer["headers"]}


def check_reason(invoked: Invoked, answer: dict[str, Any], said: str) -> None:
    """One line, for whoever runs the control plane."""
    request = answer["headers"]["x-ms-request-id"]
    [line] = [line for line in invoked.log.splitlines() if "turned away" in line and request in line]
    assert said in line

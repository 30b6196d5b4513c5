"""Where an answer to a pressed button may go, and that nothing of it is ever in the log."""

import json
import logging
from collections.abc import Mapping
from typing import override

import pytest

from shared.sinks.sender import Answer, NoAnswerError, Sender
from shared.sinks.slack_responses import SlackResponses

HOOK = "https://hooks.slack.com/actions/T0DEMO/1/s3cret"
MESSAGE = {"response_type": "ephemeral", "text": "w0rds for one ✓"}
OK = Answer(200)


class Recorder(Sender):
    """Sends nothing."""

    def __init__(self, outcome: Answer | str = OK) -> None:
        super().__init__(())
        self.sent: list[tuple[str, Mapping[str, str], bytes]] = []
        self._comes = outcome

    @override
    def post(self, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        self.sent.append((url, headers, content))
        if isinstance(self._comes, str):
            raise NoAnswerError(self._comes)
        return self._comes


def sent(url: str, api_url: str = "https://slack.com/api", outcome: Answer | str = OK) -> Recorder:
    recorder = Recorder(outcome)
    SlackResponses(api_url, recorder).post(url, MESSAGE)
    return recorder


def test_the_answer_goes_where_the_press_says() -> None:
    [(url, headers, content)] = sent(HOOK).sent
    assert url == HOOK
    assert headers["Content-Type"].startswith("application/json")
    assert json.loads(content) == MESSAGE


@pytest.mark.parametrize(
    ("url", "api_url"),
    [
        ("https://hooks.slack-gov.com/actions/1", "https://slack-gov.com/api"),
        ("http://127.0.0.1:8123/response/1", "http://127.0.0.1:8123/api"),
        ("https://HOOKS.slack.com/actions/1", "https://slack.com/api"),
    ],
)
def test_slack_is_where_its_api_is(url: str, api_url: str) -> None:
    assert len(sent(url, api_url).sent) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.slack.com/actions",
        "http://hooks.slack.com/actions/1",
        "https://hooks.slack.com.example/actions/1",
        "https://hooks.slack.com@example.com/",
        "https://example.com/https://hooks.slack.com/",
        "https://user@hooks.slack.com/",
        "https://hooks.slack.com:8443/",
        "https://hooks.slack.com\n.example/",
        "https://hooks.slack.com\\@example.com/",
        "https://[::1",
        "https://169.254.169.254/metadata",
        "https://hooks.slack.com/ü",
        "https://hooks.slack.com/" + "x" * 2000,
        "file:///etc/passwd",
    ],
)
def test_it_goes_nowhere_else(url: str, caplog: pytest.LogCaptureFixture) -> None:
    assert sent(url).sent == []
    assert "its address is not Slack's" in caplog.text


@pytest.mark.parametrize(
    ("outcome", "said"),
    [("timeout", "timeout"), ("dns", "dns"), (Answer(404, begin=b"used_url"), "404"), (Answer(500), "500")],
)
def test_what_slack_does_not_take_is_logged_and_no_more(
    outcome: Answer | str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sent(HOOK, outcome=outcome)
    assert said in caplog.text
    assert "s3cret" not in caplog.text
    assert "w0rds" not in caplog.text

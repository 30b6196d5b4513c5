"""Slack's Web API over real HTTP, by Slack's own library: what is sent, and what its answers mean."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from shared.chat_apps.slack_replies import message
from shared.domain.chat.talk import Reply
from shared.domain.errors import PermanentError, TemporaryError
from shared.sinks.slack_api import SlackApi

TOKEN = "xoxb-s3cret-token-of-the-bot"


class Slack:
    """Answers every method with `answer`."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any], str]] = []
        self.answer: tuple[int, dict[str, str], object] = (
            200,
            {},
            {"ok": True, "channel": "C9", "ts": "1.2"},
        )
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.calls.append((self.path, body, self.headers["Authorization"]))
                status, headers, content = outer.answer
                written = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(written)))
                self.end_headers()
                self.wfile.write(written)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def api(self) -> SlackApi:
        return SlackApi(f"http://127.0.0.1:{self.server.server_port}/api", TOKEN, message)


@pytest.fixture
def slack() -> Iterator[Slack]:
    slack = Slack()
    thread = Thread(target=slack.server.serve_forever, args=(0.02,))
    thread.start()
    yield slack
    slack.server.shutdown()
    slack.server.server_close()
    thread.join()


def test_a_message_is_posted_and_then_changed(slack: Slack) -> None:
    assert slack.api.post("C1", Reply("Creating `demo` …", private=False)) == ("C9", "1.2")
    slack.api.update("C9", "1.2", Reply("Done in 5 s", private=False))
    (posted, first, token), (changed, second, _) = slack.calls
    assert (posted, changed, token) == ("/api/chat.postMessage", "/api/chat.update", f"Bearer {TOKEN}")
    assert (first["channel"], second["channel"], second["ts"]) == ("C1", "C9", "1.2")
    assert "demo" in first["text"]
    assert first["blocks"]


@pytest.mark.parametrize(
    ("status", "headers", "content", "kind", "after"),
    [
        (200, {}, {"ok": False, "error": "not_in_channel"}, PermanentError, None),
        (200, {}, {"ok": False, "error": "invalid_auth"}, PermanentError, None),
        (429, {"Retry-After": "17"}, {"ok": False, "error": "ratelimited"}, TemporaryError, 17),
        (429, {"Retry-After": "\u00b2"}, {"ok": False, "error": "ratelimited"}, TemporaryError, 0),
        (429, {"Retry-After": "99999999"}, {"ok": False, "error": "ratelimited"}, TemporaryError, 3600),
        (500, {}, {"ok": False, "error": "fatal_error"}, TemporaryError, 0),
        (503, {}, b"<html>busy</html>", TemporaryError, 0),
        (200, {}, b"not json", TemporaryError, 0),
    ],
)
def test_what_slack_says_is_tried_again_or_not(
    slack: Slack,
    status: int,
    headers: dict[str, str],
    content: object,
    kind: type[Exception],
    after: float | None,
) -> None:
    slack.answer = (status, headers, content)
    with pytest.raises(kind) as failed:
        slack.api.post("C1", Reply("x", private=False))
    assert getattr(failed.value, "retry_after", None) == after
    assert "s3cret" not in f"{failed.value!r}{failed.value.__cause__!r}{failed.value.__context__!r}"


def test_nobody_there_is_tried_again() -> None:
    with pytest.raises(TemporaryError, match="SlackUnreachable"):
        SlackApi("http://127.0.0.1:1/api", TOKEN, message).post("C1", Reply("x", private=False))


def test_the_token_is_in_no_log(slack: Slack, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    slack.api.post("C1", Reply("x", private=False))
    assert "s3cret" not in caplog.text

"""Slack's requests as the worker library hands them over, with a table behind: answered once, and where Slack looks."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override

import pytest

from tests.contract.processes import Azurite
from tests.triggers.app_process import Call, Invoked, invoke
from tests.unit.chat_apps import signing
from tests.unit.chat_apps.signing import SECRET, form

TOKEN = "xoxb-b0t-t0ken"
MARGIN_SECONDS = 4
"""How much longer a first request may take on a busy machine."""
SETTINGS = {
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-4000-8000-000000000000",
    "AZURE_RESOURCE_GROUP": "berthage",
    "PUBLIC_URL": "https://berthage.example",
    "PROBE_KEY": "k" * 32,
    "SLACK_SIGNING_SECRET": SECRET,
    "SLACK_BOT_TOKEN": TOKEN,
}


@dataclass
class Slack:
    """Slack's side, on loopback: takes what is sent to a `response_url`."""

    origin: str
    taken: list[tuple[str, Any]] = field(default_factory=list)


@pytest.fixture(scope="module")
def slack() -> Iterator[Slack]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.taken.append((self.path, json.loads(body)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Slack(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


def command(text: str, trigger: str) -> Call:
    return call("run_slack_command", form(text=text, trigger_id=trigger))


def press(origin: str, path: str, action: str = "confirm.0", *, in_private: bool = True) -> Call:
    payload = {
        "type": "block_actions",
        "user": {"id": "U0DEV", "username": "dev", "team_id": "T0DEMO"},
        "channel": {"id": "C0DEMO"},
        "container": {"type": "message", "channel_id": "C0DEMO", "is_ephemeral": in_private},
        "response_url": f"{origin}{path}",
        "actions": [{"type": "button", "action_id": action, "value": "made.up"}],
    }
    return call("run_slack_action", form(payload=json.dumps(payload)))


def call(function: str, body: bytes) -> Call:
    headers = signing.headers(body, str(int(time.time())))
    return {"function": function, "method": "POST", "headers": headers, "text": body.decode()}


@cache
def calls() -> dict[str, Call]:
    """Made when they are sent: what was signed minutes ago is turned away."""
    asks_for_help = command("help", "1.help")
    return {
        "help": asks_for_help,
        "replays": asks_for_help,
        "nonsense": command("flubber", "1.nonsense"),
        "certificate": call("run_slack_command", b"ssl_check=1&token=x"),
        "strange": call("run_slack_command", form(user_id="")),
    }


@pytest.fixture(scope="module")
def invoked(azurite: Azurite, slack: Slack) -> Invoked:
    where = {"AzureWebJobsStorage": azurite.connection_string, "SLACK_API_URL": f"{slack.origin}/api"}
    presses = [
        press(slack.origin, "/response/pressed"),
        press("http://127.0.0.2:1", "/elsewhere"),
        press(slack.origin, "/response/link", "open_link"),
        call("run_slack_action", form(payload='{"type": "block_actions"}')),
    ]
    return invoke([*calls().values(), *[calls()["help"]] * 8, *presses], SETTINGS | where)


def message(invoked: Invoked, what: str) -> Any:
    answer = invoked.outcomes[[*calls()].index(what)]
    assert answer["status"] == 200
    return json.loads(answer["text"])


def test_of_the_same_request_many_times_at_once_one_is_answered(invoked: Invoked) -> None:
    places = [0, 1, *range(len(calls()), len(calls()) + 8)]
    answers = [invoked.outcomes[place] for place in places]
    assert sorted(answer["status"] for answer in answers) == [200] + [401] * 9
    assert {answer["text"] for answer in answers if answer["status"] == 401} == {""}
    assert invoked.log.count("reason=replay") == 9


def test_what_is_not_understood_is_answered_for_one_person(invoked: Invoked) -> None:
    found = message(invoked, "nonsense")
    assert found["response_type"] == "ephemeral"
    assert "There is no such command" in json.dumps(found)


def test_a_look_at_our_certificate_is_answered(invoked: Invoked) -> None:
    answer = invoked.outcomes[[*calls()].index("certificate")]
    assert (answer["status"], answer["text"]) == (200, "")


def test_what_slack_has_never_sent_before_is_answered_too(invoked: Invoked) -> None:
    assert "not known here" in message(invoked, "strange")["text"]


def test_a_press_is_answered_where_it_says_and_nowhere_else(invoked: Invoked, slack: Slack) -> None:
    pressed, elsewhere, link, unreadable = invoked.outcomes[-4:]
    assert [(each["status"], each["text"]) for each in (pressed, elsewhere, link)] == [(200, "")] * 3
    assert (unreadable["status"], unreadable["text"]) == (400, "")
    [(path, said)] = slack.taken
    assert path == "/response/pressed"
    assert said["response_type"] == "ephemeral"
    assert "its address is not Slack's" in invoked.log


def test_where_the_storage_hangs_a_person_hears_it_within_three_seconds() -> None:
    """So long Slack waits (docs.slack.dev/interactivity/implementing-slash-commands)."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/account"
        storage = f"AccountName=account;AccountKey=a2V5;TableEndpoint={url};QueueEndpoint={url};"
        [answer] = invoke([command("help", "2.help")], {**SETTINGS, "AzureWebJobsStorage": storage}).outcomes
    assert json.loads(answer["text"])["text"].startswith("🔴 Problem: Table Storage does not answer")
    assert answer["seconds"] < 3 + MARGIN_SECONDS


def test_nothing_that_was_said_and_no_secret_is_logged(invoked: Invoked) -> None:
    for word in (SECRET, TOKEN, "flubber", "made.up", "/response/pressed", "1.help", "U0DEV"):
        assert word not in invoked.log

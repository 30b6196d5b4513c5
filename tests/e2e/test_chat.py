"""A registry's life from Slack alone: what people say to the double by `scripts/slack-say`, and what becomes of it.

Whatever one person says and sees goes through the script; what one asks and another answers, through the client that
the script consists of. Every link is opened and clicked in a real browser. Logins are a real client's.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from localazure.demo.image_client import ImageClient
from localazure.slack import shown
from localazure.slack.cast import CHANNELS, PEOPLE, TEAM
from localazure.slack.client import SlackClient
from localazure.slack.signing import signed, slash_command
from localazure.up.environment import ROOT
from tests.e2e.leaks import Text, everything, found
from tests.e2e.local_azure import LocalAzure, running
from tests.pages.browser import drive

pytestmark = pytest.mark.timeout(400)
"""The whole story is told before the first test: half a minute on a machine that has nothing else to do."""
SETTINGS = {
    "TURN_DELAY_SECONDS": "0",
    "RECONCILE_SCHEDULE": "*/2 * * * * *",  # users end when their time is over, not a minute later
    "LOCALAZURE_SLACK_SECONDS": "30",  # what is too late for Slack is asked of the commands that come all at once
}
NAME, DEV, CI = "demo", "dev", "ci"
CHAT = "chat"
SLACK_GIVES_UP_AFTER = 3.0
AT_ONCE = 20
ROUNDS = 3
"""The best counts: this machine may have other things to do for a while. `python -m bench.chat` measures."""

type Json = dict[str, Any]


@dataclass
class Story:
    """What happened, as those saw it who took part. Passwords by user, the newest last; tokens as they were offered."""

    local: LocalAzure
    client: ImageClient
    people: dict[str, SlackClient]
    passwords: dict[str, list[str]] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    logins: dict[str, bool] = field(default_factory=dict)
    pages: list[Json] = field(default_factory=list)

    def script(self, *arguments: str, typed: str = "", who: str = "ops") -> str:
        """`scripts/slack-say`, as a person starts it, and what that person then types."""
        ready_file = ["--ready-file", str(self.local.up.ready_file), "--wait", "1.5", "--as", who]
        done = subprocess.run(
            [str(ROOT / "scripts" / "slack-say"), *ready_file, *arguments],
            input=typed,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
            env={**os.environ, "PYTHONWARNINGS": "error"},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, who: str, command: str, wanted: str) -> Json:
        """Says it; returns the first message with that text in it."""
        self.people[who].say(command)
        return self.people[who].wait(lambda event: wanted in shown.text(event))

    def press(self, who: str, button: str, wanted: str) -> Json:
        self.people[who].press(button)
        return self.people[who].wait(lambda event: wanted in shown.text(event))

    def link(self, who: str, command: str) -> str:
        """The one-time link that answers it, which nobody else sees."""
        answer = self.script(command, who=who)
        assert "(only you)" in answer
        [url] = [word for word in answer.split() if "/api/reveal#" in word]
        self.tokens.append(url.partition("#")[2])
        return url

    def click(self, url: str) -> str:
        """In the browser, until the page says that it is ready."""
        page = drive("click.mjs", None, link=url, patience=30_000)
        self.pages.append(page)
        return self._keep(page["username"], page["password"])

    def _keep(self, user: str, password: str) -> str:
        self.passwords.setdefault(user, []).append(password)
        return password

    def login(self, user: str, password: str) -> bool:
        host = self.local.api.call("GET", f"registries/{NAME}", 200)["loginServer"]
        return self.client.login(host, user, password)

    def until_refused(self, user: str, password: str, seconds: float = 30) -> bool:
        """Is it, in the end?"""
        deadline = time.monotonic() + seconds
        while self.login(user, password):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        return True

    def everything(self) -> list[Text]:
        """What is stored and logged, and every word to and from chat."""
        traffic = self.people["ops"].traffic()
        sent = [Text(CHAT, f"{each['what']} for {each['onlyFor']}", each["body"]) for each in traffic]
        return [*everything(self.local), *sent]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("chat")
    with running(folder, SETTINGS) as local:
        ready = local.up.ready()
        with (
            SlackClient(ready, "ops") as ops,
            SlackClient(ready, "lead") as lead,
            SlackClient(ready, DEV) as dev,
        ):
            people = {"ops": ops, "lead": lead, DEV: dev}
            told = Story(local, local.image_client(folder / "client"), people)
            for tell in (create, login_and_rotate, expire, ask_the_owners, revoke, delete_and_restore):
                tell(told)
            yield told


def create(story: Story) -> None:
    story.said["create"] = story.script("create demo")


def login_and_rotate(story: Story) -> None:
    first = story.click(story.link(DEV, "login demo"))
    story.logins["first"] = story.login(DEV, first)
    link = story.link(DEV, "user rotate demo dev")
    story.logins["old, before the click"] = story.login(DEV, first)
    second = story.click(link)
    story.logins["old, after the click"] = story.login(DEV, first)
    story.logins["new"] = story.login(DEV, second)


def expire(story: Story) -> None:
    password = story.click(story.link("ops", "user add demo ci expiresAfter=90d"))
    story.logins["ci"] = story.login(CI, password)
    soon = {"expiresAfter": "PT1S"}
    story.local.api.finish(story.local.api.call("PATCH", f"registries/{NAME}/users/{CI}", 200, soon))
    story.logins["expired"] = not story.until_refused(CI, password)
    story.said["why"] = story.script("why demo ci")
    renewed = story.click(story.link("ops", "user rotate demo ci expiresAfter=never"))
    story.logins["renewed"] = story.login(CI, renewed)


def ask_the_owners(story: Story) -> None:
    story.said["refused"] = shown.text(story.ask(DEV, "mute demo 1h moving", "needs the role Operator"))
    story.press(DEV, "Ask them", "")
    story.said["request"] = shown.text(story.people["lead"].wait(lambda event: event["channel"] == "D2"))
    story.press("lead", "Approve", "")
    story.said["approved"] = shown.text(story.people[DEV].wait(lambda event: "muted" in shown.text(event)))


def revoke(story: Story) -> None:
    story.said["revoke"] = story.script("revoke @dev", "--press", "Revoke")
    story.logins["revoked"] = not story.until_refused(DEV, story.passwords[DEV][-1])


def delete_and_restore(story: Story) -> None:
    story.said["delete"] = story.script("delete demo", "--press", "Delete")
    story.said["restore"] = story.script(typed="\nrestore demo\n", who="lead")
    story.logins["restored"] = story.login(CI, story.passwords[CI][-1])


def test_a_create_is_followed_in_the_channel_until_it_is_done(story: Story) -> None:
    lines = story.said["create"].splitlines()
    assert lines[0] == "ops   /registry create demo"
    assert lines[1].startswith("bot   (only you) ")
    assert lines[2].startswith("bot   `create demo` … ")
    assert lines[-1].startswith("bot   (edited) ✅ Done")


def test_a_link_gives_a_login_that_works(story: Story) -> None:
    assert story.logins["first"]
    assert story.pages[0]["username"] == DEV
    assert story.pages[0]["errors"] == []


def test_the_old_password_works_until_the_click_and_no_longer(story: Story) -> None:
    assert story.logins["old, before the click"]
    assert not story.logins["old, after the click"]
    assert story.logins["new"]


def test_why_says_that_a_user_has_expired_and_the_fix_that_it_names_helps(story: Story) -> None:
    assert story.logins["ci"]
    assert not story.logins["expired"]
    assert "expired" in story.said["why"]
    assert "/registry user rotate demo ci" in story.said["why"]
    assert story.logins["renewed"]


def test_a_refusal_says_who_may_and_they_can_be_asked(story: Story) -> None:
    assert "@ops @lead" in story.said["refused"]
    assert "mute demo" in story.said["request"]
    assert "muted until" in story.said["approved"]


def test_whoever_is_revoked_is_refused(story: Story) -> None:
    assert "ops   presses [Revoke]" in story.said["revoke"]
    assert "Done" in story.said["revoke"]
    assert not story.logins["revoked"]


def test_a_delete_asks_first_and_can_be_undone(story: Story) -> None:
    question, pressed, *_ = story.said["delete"].split("ops   presses [Delete]")
    assert "Stops pulls for" in question
    assert "Delete]" in question
    assert "Done" in pressed
    assert "lead  /registry restore demo" in story.said["restore"]
    assert "Done" in story.said["restore"]
    assert story.logins["restored"], "with the same password"


def test_no_password_is_anywhere_and_a_link_only_where_its_reader_alone_sees_it(story: Story) -> None:
    texts = story.everything()
    passwords = {password for kept in story.passwords.values() for password in kept}
    assert len(passwords) == len(story.tokens) == 4
    assert found(passwords, texts) == []
    secrets = {token.partition(".")[2] for token in story.tokens}
    places = {f"{CHAT}: answer to chatops/slack for {PEOPLE[who]}" for who in (DEV, "ops")}
    assert set(found(secrets, texts)) == places
    others = [text for text in texts if f"{text.kind}: {text.where}" not in places]
    private = [text for text in texts if '"ephemeral"' in text.content]
    assert found(secrets, others) == []
    assert found(secrets, [text for text in texts if text not in private]) == []


def test_the_search_finds_what_is_said_and_kept(story: Story) -> None:
    canary = "a-word-that-nobody-else-says"
    story.ask("ops", f"mute demo 1h {canary}", "muted until")
    kinds = {place.partition(":")[0] for place in found({canary}, story.everything())}
    assert {CHAT, "table"} <= kinds


def test_a_password_that_somebody_types_by_mistake_is_repeated_nowhere(story: Story) -> None:
    mistake = "correct-horse-battery-staple"
    story.ask("ops", f"loginn {mistake}", "no such command")
    assert found({mistake}, story.everything()) == [f"{CHAT}: chatops/slack for {PEOPLE['ops']}"]


def test_twenty_commands_at_once_are_answered_in_time_while_a_create_is_running(story: Story) -> None:
    story.local.azure.slow_down(60)
    story.ask("ops", "create harbour", "Creating")
    said = ["help", "list", "show demo", "users demo", "why demo ci"]
    slowest = []
    for _ in range(ROUNDS):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(speaker(story.local), [*said * (AT_ONCE // len(said))]))
        assert [status for status, _ in answers] == [200] * AT_ONCE
        slowest.append(max(seconds for _, seconds in answers))
    assert min(slowest) < SLACK_GIVES_UP_AFTER
    assert story.local.api.call("GET", "registries/harbour", 200)["provisioningState"] == "Creating"


def speaker(local: LocalAzure) -> Callable[[str], tuple[int, float]]:
    """Sends a command as Slack does. Returns the status, and the seconds until it came."""

    def speak(text: str) -> tuple[int, float]:
        form = slash_command(text, team=TEAM, user=PEOPLE["ops"], channel=CHANNELS["demo"])
        body, headers = signed(local.azure.settings["SLACK_SIGNING_SECRET"], form)
        began = time.perf_counter()
        url = f"{local.api.url}chatops/slack"
        answer = httpx.post(url, content=body, headers=headers, timeout=30, trust_env=False)
        return answer.status_code, time.perf_counter() - began

    return speak

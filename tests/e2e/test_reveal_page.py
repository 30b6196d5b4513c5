"""A one-time link in a real browser, from the chat's link to the login of a real client.

`BERTHAGE_SCREENSHOTS=folder` keeps what the browser saw.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.domain.users.reveal import Purpose
from tests.e2e.local_azure import LocalAzure
from tests.e2e.offers import offer
from tests.pages.browser import drive

FOLDER = os.environ.get("BERTHAGE_SCREENSHOTS")


@dataclass(frozen=True)
class Seen:
    """What the browser has found. `token`: of the link that it has opened."""

    found: dict[str, Any]
    token: str
    host: str

    @property
    def shown(self) -> dict[str, Any]:
        """The visit in which somebody clicked."""
        visit: dict[str, Any] = self.found["shown"]
        return visit


@pytest.fixture(scope="module")
def seen(local: LocalAzure, harbour: str) -> Iterator[Seen]:
    link = offer(local, harbour, "dev", Purpose.CREATE)
    before = local.api.call("GET", f"registries/{harbour}/users/dev", 200)
    assert (before["state"], before["syncing"], before["operation"]) == ("PendingReveal", False, None)
    found = drive("reveal.mjs", Path(FOLDER).resolve() if FOLDER else None, link=link.url)
    local.api.passwords.add(found["shown"]["password"])
    host = local.api.call("GET", f"registries/{harbour}", 200)["loginServer"]
    yield Seen(found, link.token, host)
    local.api.finish(local.api.call("DELETE", f"registries/{harbour}/users/dev", 202))


def test_axe_finds_no_violation_before_the_click_after_it_and_too_late(seen: Seen) -> None:
    pages = [*seen.found["looked"], *seen.shown["pages"], seen.found["late"]["page"]]
    assert len(pages) == 9
    for each in pages:
        assert (each["violations"], each["overflow"]) == ([], 0), each["name"]
        assert each["rules"] > 15, "axe has looked"


def test_the_code_leaves_the_address_bar_and_the_history_at_once(seen: Seen) -> None:
    assert seen.shown["address"].endswith("/api/reveal")
    assert seen.shown["depth"] == 2, "the browser's empty page, and this one"


def test_only_the_bodies_of_the_click_and_of_its_questions_have_the_code(seen: Seen) -> None:
    sent = list(zip(seen.shown["requests"], seen.shown["bodies"], strict=True))
    assert len(sent) >= 4, "the page, the click, a question, and the page again"
    assert not any(seen.token in url for url, _ in sent)
    asked = [(url.rpartition("/api/")[2], json.loads(body)) for url, body in sent if body]
    assert [path for path, _ in asked].count("reveal") == 1
    assert {path for path, _ in asked} <= {"reveal", "reveal/status"}
    assert all(body == {"token": seen.token} for _, body in asked)
    assert seen.shown["errors"] == [], "nothing is refused by the page's own policy"


def test_the_keyboard_reaches_the_button_and_is_led_to_what_it_has_brought(seen: Seen) -> None:
    assert (seen.shown["reached"], seen.shown["next"]) == ("show", "title")


def test_the_password_is_shown_with_a_line_that_logs_in_and_can_be_copied(seen: Seen) -> None:
    shown = seen.shown
    assert len(shown["password"]) == 32
    assert shown["copied"] == shown["password"]
    assert shown["line"] == f"docker login {seen.host} -u dev --password-stdin"
    assert shown["username"] == "dev"
    assert shown["progress"] == "✓ Ready. You can log in."


def test_a_real_client_logs_in_with_what_the_page_has_shown(
    local: LocalAzure, seen: Seen, tmp_path: Path
) -> None:
    client = local.image_client(tmp_path / "client")
    assert client.login(seen.host, "dev", seen.shown["password"])
    assert not client.login(seen.host, "dev", "x" * 32)


def test_loaded_again_it_is_gone(seen: Seen) -> None:
    again = seen.shown["reloaded"]
    assert seen.shown["password"] not in again["html"]
    assert "open the link once more; otherwise ask for a new one" in again["problem"]
    assert again["buttons"] == 0


def test_whoever_comes_too_late_is_told_so_and_what_to_do(seen: Seen) -> None:
    late = seen.found["late"]
    assert (late["role"], late["buttons"]) == ("alert", 0)
    assert "This link shows nothing" in late["problem"]
    assert "Ask for a new link" in late["problem"]


def test_without_an_answer_it_can_be_clicked_again(seen: Seen) -> None:
    failed = seen.found["lost"]["failed"]
    assert "No answer came" in failed["problem"]
    assert failed["again"]


def test_without_a_code_it_says_so_and_with_another_one_it_begins_anew(seen: Seen) -> None:
    bare, other = seen.found["lost"]["bare"], seen.found["lost"]["other"]
    assert "The code of your link is not here" in bare["problem"]
    assert bare["buttons"] == 0
    assert not other["problem"]
    assert other["address"].endswith("/api/reveal")


def test_without_javascript_it_says_why_it_needs_it(seen: Seen) -> None:
    assert "needs JavaScript" in seen.found["script"]["said"]
    assert seen.found["script"]["buttons"] == 0


def test_a_second_post_is_410(local: LocalAzure, seen: Seen) -> None:
    error = local.api.call("POST", "reveal", 410, {"token": seen.token})["error"]
    assert error["code"] == "RevealGone"


def test_the_log_has_neither_the_code_nor_the_password(local: LocalAzure, seen: Seen) -> None:
    log = local.up.log.read_text(encoding="utf-8")
    assert "POST reveal_password: 200" in log
    assert seen.token.partition(".")[2] not in log
    assert seen.shown["password"] not in log

"""One registry as the one who owns it knows it: what was asked for, who must get in, and who must not."""

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from shared.domain.notices.notice import Notice
from tests.chaos.chat import command, token_in
from tests.chaos.cloud import AWAY, Cloud
from tests.e2e.api_client import FINAL

Json = dict[str, Any]

ACKNOWLEDGE_SECONDS = 90.0
END_SECONDS = 120.0
LOOK_SECONDS = 0.2
DOOR_SECONDS = 30.0


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """The API answered that it will not do it, for a reason that repeating does not change."""

    def __init__(self, answer: httpx.Response, *, repeated: bool) -> None:
        """`repeated`: it was sent before, and nobody knows what became of that."""
        super().__init__(
            f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
        )
        self.code: str = answer.headers.get("x-ms-error-code", "")
        self.repeated = repeated


@dataclass
class User:
    """The passwords of one user, and which of them counts."""

    present: str | None = None
    """None: the user does not exist."""
    revoked: set[str] = field(default_factory=set)
    is_known: bool = True
    """Does anybody knock with its passwords? Not all of a crowd do."""


class Registry:
    """Everything that a client does with one registry, remembered."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.cloud, self.name = cloud, name
        self.exists = False
        self.is_deleted = False
        """It is soft-deleted: it exists and serves nobody."""
        self.tags: dict[str, str] = {}
        self.users: dict[str, User] = {}
        self.host = ""
        self.acknowledged: set[str] = set()
        """Ids of all operations that the API named in an answer."""
        self.ended: dict[str, str] = {}
        """Operations that have ended, with the version of their row."""
        self.names: set[tuple[str, str]] = set()
        """Type and name of every resource that was sent to Resource Manager."""
        self.may_change_names = False
        self.links: list[str] = []
        """The tokens of all one-time links that anybody was shown."""
        self.speaks = False
        """Has anybody ever spoken of it in chat?"""
        self.is_worn = False
        """Its past would count in what comes next: others don't get it."""
        self.followed: set[str] = set()
        """Ids of the operations that chat is to tell the end of."""

    @property
    def path(self) -> str:
        """Below /api."""
        return f"registries/{self.name}"

    # requests

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        content: bytes | None = None,
    ) -> Json:
        """Sent again until it is acknowledged, as a client does that got no answer. Raises `Refused`."""
        deadline, repeated = time.monotonic() + ACKNOWLEDGE_SECONDS, False
        while True:
            answer = self._send(method, path, None if body is None else dict(body), **_file(content))
            if answer is not None and answer.is_success:
                return self._acknowledge(answer)
            if answer is not None and 400 <= answer.status_code < 500 and answer.status_code != 429:
                raise Refused(answer, repeated=repeated)
            assert time.monotonic() < deadline, f"{method} {path}: no acknowledgement; {answer}"
            self.cloud.tally.count("repeated")
            repeated = True
            time.sleep(0.3)

    def say(self, text: str, *wanted: str, heard: list[str] | None = None) -> str:
        """In chat, again until the answer has one of these texts in it: whoever hears of a problem tries again.

        `heard` gets all other answers.
        """
        self.speaks = True
        secret = self.cloud.azure.settings["SLACK_SIGNING_SECRET"]
        deadline = time.monotonic() + ACKNOWLEDGE_SECONDS
        while True:
            content, headers = command(secret, text)
            answer = self._send("POST", "chatops/slack", content=content, headers=headers)
            if answer is not None and any(word in answer.text for word in wanted):
                self.cloud.tally.count("acknowledged")
                return answer.text
            said = answer.text if answer is not None else "nothing"
            if heard is not None:
                heard.append(said)
            assert time.monotonic() < deadline, f"{text}: answered with {said}"
            self.cloud.tally.count("repeated")
            time.sleep(0.3)

    def link_for(self, text: str) -> str:
        """The token of the one-time link that answers it in chat."""
        token = token_in(self.say(text, "/api/reveal#"))
        assert token, f"{text}: there is no link in its answer"
        self.links.append(token)
        self.cloud.api.passwords.add(token.partition(".")[2])
        return token

    def _send(self, method: str, path: str, body: object = None, **more: Any) -> httpx.Response | None:
        """None where nobody answers: the host is being killed or started."""
        try:
            answer = self.cloud.api.send(method, path, body, **more)
        except (httpx.TransportError, ValueError):
            return None
        is_the_hosts_own = answer.status_code in {404, 401} and "x-ms-request-id" not in answer.headers
        return None if is_the_hosts_own else answer  # it has just started and has no functions yet

    def _acknowledge(self, answer: httpx.Response) -> Json:
        content: Json = answer.json() if answer.content else {}
        self.cloud.tally.count("acknowledged")
        if operation := content.get("operation"):
            self.acknowledged.add(operation["id"])
        return content

    # operations

    def end_of(self, operation_id: str) -> Json:
        """The row of an operation when it has ended. It must end within a bound."""
        deadline = time.monotonic() + END_SECONDS
        key = operation_id.partition(".")[2]
        while True:
            try:
                row = self.cloud.row(self.name, f"operation:{key}")
            except AWAY:
                row = None
            if row and row["status"] in FINAL:
                if operation_id not in self.ended:
                    self.ended[operation_id] = row["etag"]
                    self.cloud.tally.ended(row["status"])
                return row
            if time.monotonic() > deadline:
                state = (
                    {name: row[name] for name in ("kind", "status", "turn")} if row else "it does not exist"
                )
                raise AssertionError(
                    f"operation {operation_id} has not ended after {END_SECONDS:.0f} s: {state}"
                )
            time.sleep(LOOK_SECONDS)

    def operation_of(self, user: str) -> str:
        """What changes the user, or has changed it last."""
        deadline = time.monotonic() + ACKNOWLEDGE_SECONDS
        while True:
            with suppress(*AWAY):
                row = self.cloud.row(self.name, f"user:{user}")
                assert row, f"{user} of {self.name} does not exist"
                self.acknowledged.add(row["lastOperation"])
                return str(row["lastOperation"])
            assert time.monotonic() < deadline, "the tables do not come back"
            time.sleep(LOOK_SECONDS)

    # chat

    def posts(self) -> list[Json]:
        """The rows of the messages that chat was to be sent about it, when there is no more to be said of any."""
        deadline = time.monotonic() + END_SECONDS
        while True:
            found = self.cloud.posts(self.name)
            if not any(row["pending"] for row in found):
                return found
            assert time.monotonic() < deadline, f"messages in chat still wait: {found}"
            time.sleep(LOOK_SECONDS)

    # notices

    def notices(self) -> list[Notice]:
        """What was to be told of it, when all of it has been."""
        deadline = time.monotonic() + END_SECONDS
        while True:
            found = self.cloud.notices.of(self.name)
            if not any(notice.pending for notice in found):
                return found
            assert time.monotonic() < deadline, f"notices still wait: {found}"
            self.cloud.notices.let_two_minutes_go_by(self.name)
            time.sleep(1)

    # the door

    def lets_in(self, user: str, password: str) -> bool:
        """Asks the registry itself; one that is just starting is asked again."""
        deadline = time.monotonic() + DOOR_SECONDS
        while True:
            try:
                return self.cloud.door.lets_in(self._login_server(), user, password)
            except (httpx.TransportError, AssertionError) as error:
                if time.monotonic() > deadline:
                    raise AssertionError(f"{self.name} does not open: {error}") from None
                time.sleep(0.1)

    def is_closed(self) -> bool:
        """Nobody answers where it was. A process that ignores SIGTERM takes a while to go."""
        deadline = time.monotonic() + DOOR_SECONDS
        while time.monotonic() < deadline:
            try:
                self.cloud.door.lets_in(self._login_server(), "stranger", "no-password-at-all")
            except httpx.TransportError:
                return True
            time.sleep(0.1)
        return False

    def _login_server(self) -> str:
        row = self.cloud.row(self.name, "registry")
        assert row, f"{self.name}: there is no such registry"
        assert row.get("loginServer"), f"{self.name}: it has no login server"
        return str(row["loginServer"])


def _file(content: bytes | None) -> Json:
    """What a request with a file in it is sent with."""
    return {} if content is None else {"content": content, "headers": {"Content-Type": "text/plain"}}


class Names:
    """Names of registries, none of which begins another: a fault finds its registry by its name."""

    def __init__(self, prefix: str = "c") -> None:
        self._lock = threading.Lock()
        self._prefix, self._number = prefix, 0

    def next(self) -> str:
        """Never given before. At most 16 letters and digits, so that names of storage accounts hold it too."""
        with self._lock:
            self._number += 1
            return f"{self._prefix}{self._number:05d}x"

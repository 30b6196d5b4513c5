"""Sinks: who is told what. A sink's address is a secret, and stands apart from all else that is known of it."""

import base64
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool, StrictStr
from pydantic_core import PydanticCustomError

from shared.domain.notices.notice import Notice, NoticeKind
from shared.domain.registries.tags import has_tag
from shared.domain.setting_entries import SettingEntry

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")
_URL = re.compile(
    r"https://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?:/[!-~]*)?"
)
"""Printable ASCII, no user, nothing but https."""
_SECRET_BYTES = range(24, 65)
"""As Standard Webhooks has it."""


class SinkKind(StrEnum):
    """What is spoken there."""

    SLACK = "slack"
    TEAMS = "teams"
    WEBHOOK = "webhook"


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise PydanticCustomError(
            "InvalidName",
            "A sink's name has 2 to 32 lower-case letters, digits and hyphens, and begins with a letter",
        )
    return value


class Sink(SettingEntry):
    """One entry of `NOTIFICATION_SINKS`. No error shows a value: it may be an address in the wrong place."""

    name: Annotated[StrictStr, AfterValidator(_name)]
    kind: SinkKind
    tags: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    """Only what is about registries that have all of these tags."""
    reports: StrictBool = True
    problems: StrictBool = True

    @property
    def url_setting(self) -> str:
        """Where its address stands."""
        return f"{self._prefix}_URL"

    @property
    def secret_setting(self) -> str:
        """Where the key of its signatures stands."""
        return f"{self._prefix}_SECRET"

    @property
    def _prefix(self) -> str:
        return f"SINK_{self.name.upper().replace('-', '_')}"

    @property
    def gathers(self) -> bool:
        """People want one message about ten registries, programs ten events."""
        return self.kind is not SinkKind.WEBHOOK

    def wants(self, notice: Notice) -> bool:
        """A sink for some registries gets no report that is about others, too."""
        asked = self.reports if notice.kind is NoticeKind.REPORT else self.problems
        return asked and all(has_tag(notice.tags, f"{name}:{value}") for name, value in self.tags.items())


def check_sinks(sinks: tuple[Sink, ...]) -> tuple[Sink, ...]:
    """Raises a validation error if two have the same name."""
    if twice := sorted(name for name, number in Counter(sink.name for sink in sinks).items() if number > 1):
        raise PydanticCustomError("SameName", "Two sinks are called {names}", {"names": ", ".join(twice)})
    return sinks


@dataclass(frozen=True)
class Address:
    """Where a sink is, and the key that its messages are signed with. Both are secrets."""

    url: str = field(repr=False)
    key: bytes = field(default=b"", repr=False)


def check_addresses(sinks: Sequence[Sink], environ: Mapping[str, str]) -> dict[str, Address]:
    """By the sinks' names. Raises a validation error that names every setting that is missing or wrong."""
    if problems := [problem for sink in sinks for problem in _problems(sink, environ)]:
        raise PydanticCustomError("NoAddress", "{problems}", {"problems": "; ".join(problems)})
    return {sink.name: _address(sink, environ) for sink in sinks}


def _problems(sink: Sink, environ: Mapping[str, str]) -> list[str]:
    found = []
    if not _is_url(environ.get(sink.url_setting, "")):
        found.append(f"{sink.url_setting} must be an https URL without a user")
    if sink.kind is SinkKind.WEBHOOK and not _key(environ.get(sink.secret_setting, "")):
        found.append(f"{sink.secret_setting} must be whsec_ and the base64 of 24 to 64 random bytes")
    return found


def _is_url(text: str) -> bool:
    match = _URL.fullmatch(text)
    return bool(match and 0 < int(match["port"] or 443) < 65536)


def _key(secret: str) -> bytes:
    """Nothing if it can't be one."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_").encode(), validate=True)
    except ValueError:
        return b""
    return key if len(key) in _SECRET_BYTES else b""


def _address(sink: Sink, environ: Mapping[str, str]) -> Address:
    return Address(environ[sink.url_setting], _key(environ.get(sink.secret_setting, "")))

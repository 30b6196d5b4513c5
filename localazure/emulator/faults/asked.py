"""What a request asks for, as faults look at it."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, unquote, unquote_plus

from starlette.types import Scope

_MESSAGE = re.compile(r"<MessageText>([^<]*)</MessageText>", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """One request. Names in `query` are in lower case; `body` is empty unless somebody wants to know it."""

    method: str
    path: str
    query: Mapping[str, str]
    query_string: str = ""
    body: bytes = b""

    @classmethod
    def of(cls, scope: Scope, body: bytes = b"") -> "Asked":
        """The request of that ASGI scope."""
        raw = scope["query_string"].decode("latin-1")
        query = {name.lower(): value for name, value in parse_qsl(raw, keep_blank_values=True)}
        return cls(scope["method"], scope["path"], query, raw, body)

    def mentions(self, text: str) -> bool:
        """Does that text occur in the path, the query or the body, in any case?"""
        return text.casefold() in self._text

    @cached_property
    def _text(self) -> str:
        return "\n".join(self._texts()).casefold()

    def _texts(self) -> Iterator[str]:
        body = self.body.decode("utf-8", errors="replace")
        yield from (self.path, unquote_plus(self.query_string), body)
        yield unquote(body)  # the rows that a table's $batch is about stand in URLs
        yield from map(_decoded, _MESSAGE.findall(body))


def _decoded(message: str) -> str:
    """What a queue message says, if it is base64 as Functions apps send it."""
    try:
        return base64.b64decode(message, validate=True).decode("utf-8", errors="replace")
    except (binascii.Error, ValueError):
        return ""

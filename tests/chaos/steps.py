"""The steps of a scenario: the calls that the product makes for one registry, as the emulator saw them.

A step is found, not listed here: a new call in the product is a new row of the matrix by itself. A fault of no effect
that matches whatever mentions the registry marks its requests in the log.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

READS = {"GET", "HEAD"}
_ARM = re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/", re.IGNORECASE)
_OURS = re.compile(r"/sites/[^/]+/start$")
"""The product starts no site: a scenario does, in its own name."""
_LONG_RUNNING = re.compile(r"/(storageAccounts|serverfarms|sites)/\[\^/\]\+\$$")


@dataclass(frozen=True)
class Kind:
    """Calls that one fault can tell from others."""

    label: str
    method: str
    path: str
    """A regular expression for the whole path, whichever registry it is for."""
    comp: str | None = None

    @property
    def is_read(self) -> bool:
        """It changes nothing: `listKeys` is a POST and a read."""
        return self.method in READS or self.label.endswith("listKeys")

    @property
    def starts_operation(self) -> bool:
        """A PUT that Resource Manager answers with 202."""
        return self.method == "PUT" and _LONG_RUNNING.search(self.path) is not None

    @property
    def service(self) -> str:
        """`arm`, `files`, `tables` or `queues`."""
        return self.label.partition(" ")[0]

    def fault(self) -> Json:
        """The part of a fault that says which requests it hits."""
        query = {"comp": self.comp} if self.comp else {}
        return {"method": self.method, "pathRegex": self.path, "query": query}

    def matches(self, request: Json) -> bool:
        """Would such a fault hit this request?"""
        same = request["method"] == self.method and re.search(self.path, request["path"], re.IGNORECASE)
        return bool(same) and (self.comp is None or request["query"].get("comp") == self.comp)


@dataclass(frozen=True)
class Step:
    """The `number`-th call of a kind in a scenario, from 1; `skip`: how many requests its fault lets pass."""

    kind: Kind
    number: int
    skip: int

    @property
    def name(self) -> str:
        """Stable, for ids of cells."""
        return f"{self.kind.label.replace(' ', '-')}-{self.number}"


def steps_of(requests: Sequence[Json], after: int = 0) -> list[Step]:
    """The steps in a log that holds the requests of one scenario alone, in their order.

    `after`: the sequence number from which on they are disturbed.
    """
    seen: Counter[str] = Counter()
    found = []
    for place, request in enumerate(requests):
        kind = kind_of(request)
        seen[kind.label] += 1
        skip = sum(kind.matches(earlier) for earlier in requests[:place])
        if request["sequence"] > after and not _OURS.search(request["path"]):
            found.append(Step(kind, seen[kind.label], skip))
    return found


def common(first: Sequence[Step], second: Sequence[Step]) -> list[Step]:
    """The steps that came up in both of two runs: how often the product looks depends on the time of day."""
    names = {step.name for step in second}
    return [step for step in first if step.name in names]


def kind_of(request: Json) -> Kind:
    """What kind of call a logged request was."""
    method, path = request["method"], request["path"]
    comp = request["query"].get("comp")
    if arm := _ARM.search(path):
        return _arm(method, path[arm.end() :])
    service, *rest = path.lstrip("/").split("/")
    if service == "files":
        return _files(method, rest[2] if len(rest) > 2 else "", comp)
    if service == "queues":
        return Kind(f"queues {method} {rest[1]}", method, f"^/queues/[^/]+/{rest[1]}/")
    return _tables(method, "/".join(rest[1:]))


def _arm(method: str, path: str) -> Kind:
    provider, kind, _, *children = path.split("/")
    child = "/".join(children)
    pattern = "/".join([f"/providers/{provider}", kind, "[^/]+", *map(re.escape, children)]) + "$"
    label = "/".join([kind, *children[-2:]]) if child else kind
    return Kind(f"arm {method} {label}", method, pattern)


def _files(method: str, name: str, comp: str | None) -> Kind:
    place = "temporary" if name.endswith(".tmp") else name or "share"
    tail = {"temporary": r"/[^/]+\.tmp$", "share": "/?$"}.get(place, f"/{re.escape(name)}$")
    label = f"files {method} {place}" + (f" {comp}" if comp else "")
    return Kind(label, method, f"^/files/[^/]+/config{tail}", comp)


def _tables(method: str, entity: str) -> Kind:
    if entity.startswith("$batch"):
        return Kind(f"tables {method} transaction", method, r"^/tables/[^/]+/\$batch$")
    table, _, key = entity.partition("(")
    row = re.search(r"RowKey='([a-z!]*)", key)
    what = row[1] if row else "rows"
    pattern = rf"^/tables/[^/]+/{table}\(.*RowKey='{what}" if row else rf"^/tables/[^/]+/{table}\(\)$"
    return Kind(f"tables {method} {table} {what}", method, pattern)

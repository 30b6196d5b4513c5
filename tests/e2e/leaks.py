"""Looks for secrets in everything that a local Azure writes or keeps: tables, queues, logs, requests, files."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from shared.domain.users.htpasswd import probe_password
from tests.e2e.local_azure import LocalAzure

TABLE, QUEUE, LOG, REQUEST, BODY, FILE = "table", "queue", "log", "request", "Resource Manager body", "file"
WRITTEN_DOWN = (TABLE, QUEUE, LOG, REQUEST, BODY)
"""What tells a story afterwards. Settings and keys stand in files, where programs read them."""

_PIECES = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_SHORTEST = 12
"""Characters of a secret, at least."""
_LOG_LINE = re.compile(r"[a-z-]+ *\| ")


@dataclass(frozen=True)
class Text:
    """Something that was written. `kind` is one of the constants above, `where` says which one."""

    kind: str
    where: str
    content: str


def everything(local: LocalAzure) -> list[Text]:
    """All there is to read. Keep a registry while you look: the log of a site goes with it."""
    sources = (_tables(local), _queues(local), _logs(local), _requests(local), _files(local))
    return [text for source in sources for text in source]


def found(secrets: Iterable[str], texts: Iterable[Text]) -> list[str]:
    """Where one of the secrets stands, as it is, escaped for a URL or in JSON, or within Base64; never the secret."""
    by_start: dict[str, tuple[str, ...]] = {}
    for word in {spelling for secret in secrets for spelling in _spellings(secret)}:
        by_start[word[:_SHORTEST]] = (*by_start.get(word[:_SHORTEST], ()), word)
    return sorted({f"{text.kind}: {text.where}" for text in texts if _has_any(text.content, by_start)})


def of_kinds(texts: Sequence[Text], kinds: tuple[str, ...]) -> list[Text]:
    """Those of these kinds. Fails if there are none of one of them."""
    chosen = [text for text in texts if text.kind in kinds]
    assert {text.kind for text in chosen} == set(kinds), "there is nothing to look at"
    return chosen


def leaked(local: LocalAzure, others: set[str]) -> list[str]:
    """Where any secret stands that has no business there; `others` have none anywhere."""
    account_keys = local.azure.account_keys()
    texts = everything(local)
    told = [text for text in texts if text.kind in WRITTEN_DOWN]
    return [
        *found(local.api.passwords | probe_passwords(local) | others, texts),
        *found(control_plane_keys(local), told),
        *found(account_keys, [text for text in told if text.kind != BODY]),
    ]


def control_plane_keys(local: LocalAzure) -> set[str]:
    """What opens the control plane, or proves who it is."""
    ready, settings = local.up.ready(), local.azure.settings
    names = ("PROBE_KEY", "IDENTITY_HEADER", "SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN")
    return {ready["functionsKey"], ready["masterKey"], *(settings[name] for name in names)}


def probe_passwords(local: LocalAzure) -> set[str]:
    """Those of every incarnation of every registry, for more revisions than there can have been."""
    rows = [row for (table, *_), row in local.azure.tables().items() if table == "state"]
    revisions: dict[str, int] = {}
    for row in rows:
        if "uid" in row:
            newest = max(row.get("revision", 0), row.get("usersRevision", 0), revisions.get(row["uid"], 0))
            revisions[row["uid"]] = newest
    key = local.azure.settings["PROBE_KEY"]
    return {
        probe_password(key, uid, revision)
        for uid, newest in revisions.items()
        for revision in range(newest + 2)
    }


def _has_any(content: str, by_start: Mapping[str, tuple[str, ...]]) -> bool:
    """One pass, however many words there are: there are thousands."""
    return any(
        content.startswith(words, place)
        for place in range(len(content) - _SHORTEST + 1)
        if (words := by_start.get(content[place : place + _SHORTEST]))
    )


def _spellings(secret: str) -> set[str]:
    assert len(secret) >= _SHORTEST, "too short to tell from chance"
    escaped = {quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1]}
    return {secret} | escaped | {json.dumps(word)[1:-1] for word in escaped} | _within_base64(secret.encode())


def _within_base64(secret: bytes) -> set[str]:
    """What of the secret's Base64 is the same whatever stands around it: `Basic dXNlcjpw…` holds a password."""
    words = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret).decode()
        sure = encoded[(before * 8 + 5) // 6 : (before + len(secret)) * 8 // 6]
        words |= {sure, sure.replace("+", "-").replace("/", "_")}
    return words


def _tables(local: LocalAzure) -> Iterator[Text]:
    for (table, partition, key), row in local.azure.tables().items():
        yield Text(TABLE, f"{table}/{partition}/{key}", repr(row))


def _queues(local: LocalAzure) -> Iterator[Text]:
    """What waits in any queue, and what Azurite still has on disk of messages that are gone."""
    for queue, message in local.azure.messages():
        yield Text(QUEUE, queue, f"{message} {_decoded(message.encode())}")
    for extent, content in _files_below(local.azure.state / "azurite" / "__queuestorage__"):
        yield Text(QUEUE, f"messages of the past, {extent.name}", _decoded(content))


def _decoded(content: bytes) -> str:
    """Base64, one piece after the other."""
    pieces = (match[0] for match in _PIECES.finditer(content) if match[0])
    return "\n".join(base64.b64decode(piece).decode(errors="replace") for piece in pieces)


def _logs(local: LocalAzure) -> Iterator[Text]:
    """The common log of all processes, and each registry's own."""
    for number, line in enumerate(local.up.log.read_text(encoding="utf-8").splitlines(), start=1):
        # what follows a name was logged; the lines to copy, which hold the function key, are for a person
        kind = LOG if _LOG_LINE.match(line) else FILE
        yield Text(kind, f"{local.up.log.name}, line {number}", line)
    for file, content in _files_below(local.azure.state):
        if ".log" in file.suffixes:
            yield Text(LOG, file.name, content.decode(errors="replace"))


def _requests(local: LocalAzure) -> Iterator[Text]:
    """What the emulator recorded: bodies of Resource Manager apart, because these must hold account keys."""
    for entry in local.azure.requests():
        where = f"{entry['sequence']}, {entry['method']} {entry['path']}"
        bodies = {name: entry.pop(name) for name in ("body", "response_body")}
        kind = BODY if entry["path"].startswith("/subscriptions/") else REQUEST
        yield Text(kind, where, json.dumps(bodies, ensure_ascii=False))
        yield Text(REQUEST, where, json.dumps(entry, ensure_ascii=False))


def _files(local: LocalAzure) -> Iterator[Text]:
    """Everything in the state folder, whatever it is for."""
    for file, content in _files_below(local.azure.state):
        yield Text(FILE, str(file.relative_to(local.azure.state)), content.decode(errors="replace"))


def _files_below(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for entry in sorted(folder.rglob("*")):
        if entry.is_file() and not entry.is_symlink():  # a link leads to the registry's program
            try:
                yield entry, entry.read_bytes()
            except FileNotFoundError:  # Azurite and the emulator replace files while they work
                continue

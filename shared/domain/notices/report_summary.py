"""What people read in a chat: the verdict first, then what needs them, then the rest. Of a report, or of one notice.

Plain text: each sink escapes it and cuts it to what it may send. The one mark there is are backticks around a name,
which a sink may set in another type. Long lists may be given whole.
"""

from collections.abc import Mapping

from shared.domain.health.codes import Severity
from shared.domain.records import Model

MARKS: Mapping[Severity, str] = {
    Severity.OK: "🟢",
    Severity.INFO: "🔵",
    Severity.WARNING: "🟡",
    Severity.CRITICAL: "🔴",
}
"""Before a headline, which says the same in words."""


class Link(Model):
    """`url` is absolute. It stands in chats: whoever follows it still has to say who he is."""

    title: str
    url: str


class Item(Model):
    """One thing that somebody has to look at: `search`, `DOWN 22 min (06:38→) STORAGE_UNHEALTHY`, why, and the fix."""

    title: str
    """What it is about: mostly a registry's name."""
    text: str
    """One sentence a line, three at most."""
    severity: Severity = Severity.WARNING
    evidence: str = ""
    fix: str = ""
    links: tuple[Link, ...] = ()


class Section(Model):
    """A heading and its lines, one fact each: `Uptime 99.96 %`."""

    title: str
    lines: tuple[str, ...]


class Summary(Model):
    """`headline` is the verdict: `1 of 40 registries needs you`. It is read alone where there is room for one line."""

    headline: str
    severity: Severity = Severity.OK
    """The gravest of it: it becomes a colour and a mark in front of the headline, and is never colour alone."""
    context: str = ""
    """When, and what it is about: `Mon 07:00 CET · last 24 h`."""
    needs_you: tuple[Item, ...] = ()
    """The gravest first; nothing that is as it should be."""
    sections: tuple[Section, ...] = ()
    links: tuple[Link, ...] = ()
    """Of the whole: the full report, the status page."""

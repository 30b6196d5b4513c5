"""A summary as Markdown (CommonMark) that reads well as it stands, too."""

import re
from collections.abc import Iterator

from shared.domain.notices.report_summary import MARKS, Item, Link, Section, Summary
from shared.domain.report.wording import NONE

_SPECIAL = re.compile(r"[\\*\[\]<|~&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""What means something wherever it stands. An underscore inside of a word does not."""
_LEADING = re.compile(r"^(\d*)([-+=>#.)])")
"""What means something at the beginning of a line."""
_LINK = re.compile(r"(?<=[A-Za-z])(:)(?=//)|(?<=www)(\.)", re.IGNORECASE)
"""What GitHub makes a link of by itself."""


def markdown(summary: Summary) -> str:
    """The whole summary."""
    return "\n".join(_lines(summary)) + "\n"


def escaped(text: str) -> str:
    """One line that reads as it is, whatever it holds. Names between backticks stay so."""
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0 or not all(span.strip() for span in parts[1::2]):
        parts = ["'".join(parts)]  # no pairs of backticks: none of them is believed
    spans = (f"`{part}`" if number % 2 else _plain(part) for number, part in enumerate(parts))
    return _LEADING.sub(r"\1\\\2", "".join(spans))


def _plain(text: str) -> str:
    return _LINK.sub(r"\\\g<0>", _SPECIAL.sub(r"\\\g<0>", text))


def _lines(summary: Summary) -> Iterator[str]:
    yield f"# {MARKS[summary.severity]} {escaped(summary.headline)}"
    yield ""
    yield escaped(summary.context)
    if summary.needs_you:
        yield ""
        for item in summary.needs_you:
            yield from _item(item)
    for section in summary.sections:
        yield ""
        yield from _section(section)
    if summary.links:
        yield ""
        yield _links(summary.links)


def _item(item: Item) -> Iterator[str]:
    state, *more = item.text.split("\n")
    yield f"- {_bold(item.title)} {escaped(state)}"
    yield from (f"  - {escaped(line)}" for line in more if line.strip())
    if item.evidence:
        yield f"  - Seen: {escaped(item.evidence)}"
    if item.fix:
        yield f"  - Fix: {escaped(item.fix)}"
    if item.links:
        yield f"  - {_links(item.links)}"


def _section(section: Section) -> Iterator[str]:
    """A single line stands behind its title."""
    if len(section.lines) == 1:
        yield f"{_bold(section.title, ':')} {escaped(section.lines[0])}"
        return
    yield _bold(section.title)
    yield ""
    yield from (f"- {escaped(line)}" for line in section.lines if line.strip())


def _bold(text: str, end: str = "") -> str:
    """Four asterisks with nothing between them would be a line across the page."""
    return f"**{escaped(text) or NONE}{end}**"


def _links(links: tuple[Link, ...]) -> str:
    return " · ".join(f"[{escaped(link.title)}]({_address(link.url)})" for link in links)


def _address(url: str) -> str:
    """Nothing in it ends the link: a resource group's name may have parentheses."""
    return re.sub(r"[<>\s\\]", "", url).replace("(", "%28").replace(")", "%29")

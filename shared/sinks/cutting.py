"""Long lists cut short, so that a message stays within what a sink takes. What is cut is counted, never just gone."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from shared.domain.notices.report_summary import MARKS, Item, Link, Summary
from shared.domain.text import cut, one_line

TITLE, TEXT = 150, 500
"""Characters of one field."""
MOST_SENTENCES = 3
MOST_LINKS = 4
_NAME = re.compile(r"`([A-Za-z0-9_][A-Za-z0-9_.@:/+=-]{0,99})`")
"""With nothing in it that could be markup anywhere."""
LIMITS = (40, 30, 20, 15, 10, 7, 5, 3, 2, 1, 0)
"""How many items, sections and lines of a section may stay; the first that fits. Of whatever there is, 0 fits."""


@dataclass(frozen=True)
class Cut[T]:
    """The beginning of a list."""

    kept: Sequence[T]
    more: int

    @property
    def rest(self) -> str:
        """What to say of the others: nothing if there are none."""
        return f"and {self.more} more" if self.more else ""


def first[T](values: Sequence[T], most: int) -> Cut[T]:
    """The first `most` of them."""
    return Cut(values[:most], max(0, len(values) - most))


def headline(summary: Summary) -> str:
    """With its mark, on one line."""
    return cut(f"{MARKS[summary.severity]} {one_line(summary.headline) or 'Registries'}", TITLE)


def title(value: str) -> str:
    """A short field on one line."""
    return cut(one_line(value), TITLE)


def text(value: str) -> str:
    """A long field on one line."""
    return cut(one_line(value), TEXT)


def lines(values: Sequence[str]) -> list[str]:
    """Without empty ones."""
    return [line for line in map(text, values) if line]


def links(given: Sequence[Link]) -> list[Link]:
    """Those that can be followed; a title stands for an empty one."""
    usable = (link for link in given if is_link(link.url))
    return [Link(title=title(link.title) or "Link", url=link.url) for link in usable][:MOST_LINKS]


def is_link(url: str) -> bool:
    """Is it a web address that is short enough for everybody, and has nothing that ends it early?"""
    return (
        url.startswith(("https://", "http://"))
        and len(url) <= 500
        and all("!" <= char <= "~" and char not in "<>|\"'()" for char in url)
    )


def parts(item: Item) -> list[tuple[str, str]]:
    """What is said of an item, line by line, each with its label; an empty label for the sentences themselves."""
    sentences = [("", line) for line in item.text.splitlines()[:MOST_SENTENCES]]
    given = (*sentences, ("Seen", item.evidence), ("Fix", item.fix))
    return [(label, found) for label, value in given if (found := text(value))]


def names(value: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, and whether a piece is a name, which stands between backticks in what we write."""
    for place, piece in enumerate(_NAME.split(value)):
        if piece:
            yield piece, place % 2 == 1


def fitting[T](render: Callable[[int], T], fits: Callable[[T], bool]) -> T:
    """What `render` makes of the greatest of `LIMITS` that fits; of the least if none does."""
    return next((found for found in map(render, LIMITS) if fits(found)), render(LIMITS[-1]))

"""Fenced blocks of the pages in docs/."""

import re
from dataclasses import dataclass
from pathlib import Path

import function_app

ROOT = Path(function_app.__file__).parent
_FENCE = re.compile(r"^```(?P<language>[\w-]+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One example on a page."""

    page: str
    language: str
    text: str


def blocks(page: str, *languages: str) -> list[Block]:
    """Those of a page, from the root of the repository, in one of the languages; of all if none is named."""
    found = _FENCE.finditer((ROOT / page).read_text(encoding="utf-8"))
    every = [Block(page, each["language"], each["text"]) for each in found]
    return [block for block in every if not languages or block.language in languages]


def pages() -> list[str]:
    """All that people read, from the root of the repository."""
    written = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in written)

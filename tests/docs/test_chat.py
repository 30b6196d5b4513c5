"""Commands that the pages show can be said."""

import re

import pytest

from shared.domain.chat.parsing import parse
from shared.domain.chat.talk import Asked
from tests.docs.markdown import ROOT, pages

SHOWN = [
    (page, command)
    for page in pages()
    for command in re.findall(r"`/registry ([^`\n]+)`", (ROOT / page).read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("page", "command"), SHOWN)
def test_a_command_in_the_pages_is_one(page: str, command: str) -> None:
    assert isinstance(parse(command), Asked), f"{page}: {parse(command)}"


def test_there_are_some() -> None:
    assert SHOWN

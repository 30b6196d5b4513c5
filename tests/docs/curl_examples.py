"""docs/api-examples.sh, read: one example in bash for each HTTP function."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import function_app

SOURCE = Path(function_app.__file__).parent / "docs" / "api-examples.sh"
HEADING = "#: "
_REQUEST = re.compile(r"curl(?P<options>[^|]*?)\"\$API/(?P<path>[^\"?]*)")
_METHOD = re.compile(r"-X (\w+)")


@dataclass(frozen=True)
class CurlExample:
    """What is shown for one HTTP function."""

    name: str
    text: str

    @property
    def requests(self) -> list[tuple[str, str]]:
        """Method and path below `/api/`, as they stand there."""
        found = _REQUEST.finditer(self.text)
        return [(_method(each["options"]), each["path"]) for each in found]

    def calls(self, method: str, route: str) -> bool:
        """Is one of its requests for that route? A variable may stand for a part of the path."""
        parts = re.sub(r"{\w+}", "{}", route).split("/")
        pattern = "/".join("[^/]+" if part == "{}" else re.escape(part) for part in parts)
        return any(asked == method and re.fullmatch(pattern, path) for asked, path in self.requests)


@cache
def preamble() -> str:
    """What every example begins with."""
    head = SOURCE.read_text(encoding="utf-8").partition(f"\n{HEADING}")[0]
    return head.rpartition("\n#")[2].partition("\n")[2].strip()


@cache
def curl_examples() -> dict[str, CurlExample]:
    """By the name of the function, in the order of the file."""
    _, *sections = SOURCE.read_text(encoding="utf-8").split(f"\n{HEADING}")
    pairs = [section.partition("\n") for section in sections]
    names = [name.strip() for name, _, _ in pairs]
    assert len(names) == len(set(names)), f"{SOURCE.name}: a name stands there twice"
    return {name: CurlExample(name, text.strip()) for name, (_, _, text) in zip(names, pairs, strict=True)}


def _method(options: str) -> str:
    found = _METHOD.search(options)
    return found[1] if found else "GET"

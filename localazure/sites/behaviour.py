"""Sites that misbehave on demand, as containers do. What each one does is in `misbehaving_sites`."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict

_PROGRAM = Path(__file__).with_name("misbehaving_sites.py")
_LONGEST = 3600


@dataclass(frozen=True)
class SiteBehaviour:
    """How the sites of some names behave from their next start on."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    site: str
    """A glob for the site's name, in any case."""
    behaviour: Literal["slow", "never", "dies", "stubborn"]
    """Starts slowly; never starts; dies after a while; ignores SIGTERM."""
    seconds: float = 5.0
    """Until a slow one starts and a dying one dies; the others have no use for it."""

    def __post_init__(self) -> None:
        """Raises ValueError for what makes no sense."""
        if not self.site or not 0 <= self.seconds <= _LONGEST:
            raise ValueError(f"a behaviour has a site, and 0 to {_LONGEST} seconds")

    def concerns(self, name: str) -> bool:
        """Is it about the site of that name?"""
        return fnmatchcase(name.lower(), self.site.lower())

    def command(self, command: Sequence[str]) -> list[str]:
        """What to run so that the site behaves like that; `command` runs the real registry."""
        return [sys.executable, "-I", "-S", str(_PROGRAM), self.behaviour, str(self.seconds), *command]

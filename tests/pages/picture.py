"""Takes the README's pictures: `scripts/picture`."""

import sys
import tempfile
from pathlib import Path

from tests.pages.browser import browse
from tests.pages.served import served


def main(folder: Path) -> None:
    """One in each colour scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as state, served(Path(state)) as page:
        browse(page, "picture", folder.resolve())


if __name__ == "__main__":
    main(Path(sys.argv[1]))

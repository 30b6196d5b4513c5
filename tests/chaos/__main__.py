"""`scripts/chaos`: the whole matrix, one cell, or minutes of random chaos. Exit code 1 on any violation."""

import argparse
import random
import signal
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Self

from tests.chaos.cells import Cell
from tests.chaos.cloud import Cloud, chaos_cloud
from tests.chaos.index import the_index_forgets
from tests.chaos.matrix import MOUNT_LAG_SECONDS, Matrix
from tests.chaos.outage import OUTAGE_SECONDS, outage_under_load
from tests.chaos.secrecy import search_for_secrets
from tests.chaos.specials import SPECIALS
from tests.chaos.storm import storm
from tests.chaos.tally import Tally

Say = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """One of several parts of the matrix, for several machines: by the names of cells, which do not change."""

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """`2/3`. Raises ValueError."""
        number, of = map(int, text.split("/"))
        if not 1 <= number <= of:
            raise ValueError(text)
        return cls(number, of)

    def has(self, name: str) -> bool:
        """Is that in this part?"""
        return zlib.crc32(name.encode()) % self.of == self.number - 1


def main() -> int:
    """Runs what the arguments ask for, and prints the numbers."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the local Azure is stopped on the way out
    began = time.monotonic()
    tally = Tally()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {text}", flush=True)

    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        place = arguments.state or Path(folder)
        say(f"seed {arguments.seed}")
        if arguments.minutes is None:
            with chaos_cloud(place / "matrix", tally) as cloud:
                _matrix(cloud, arguments, say)
        else:
            with chaos_cloud(place / "storm", tally) as cloud:
                storm(cloud, arguments.minutes, arguments.seed, say)
                search_for_secrets(cloud, say)
    say("over")
    print("\n".join(["", *tally.lines()]))
    for missed in tally.missed:
        print(f"not met: {missed}")
    return _verdict(tally, arguments)


def _matrix(cloud: Cloud, arguments: argparse.Namespace, say: Say) -> None:
    matrix = Matrix(cloud, say, arguments.wave, arguments.mount_lag, arguments.seed)
    cells = matrix.discover()
    part: Part = arguments.part
    if arguments.cell:
        _some(matrix, cells, part, arguments.cell)
        search_for_secrets(cloud, say)
        return
    mine = [cell for cell in cells if part.has(cell.id)]
    random.Random(arguments.seed).shuffle(mine)
    matrix.run_cells(mine)
    matrix.run_specials([special for special in SPECIALS if part.has(special.name)])
    if part.has("outage"):
        outage_under_load(cloud, matrix.pool, OUTAGE_SECONDS, say)
    the_index_forgets(cloud, matrix.gone, say)
    search_for_secrets(cloud, say)


def _some(matrix: Matrix, cells: list[Cell], part: Part, wanted: list[str]) -> None:
    """`wanted`: ids of cells, or patterns of a shell."""
    chosen = [cell for cell in cells if part.has(cell.id) and _is_wanted(cell.id, wanted)]
    specials = {
        special: some
        for special in SPECIALS
        if (some := [cell for cell in special.cells() if part.has(cell[0]) and _is_wanted(cell[0], wanted)])
    }
    found = {cell.id for cell in chosen} | {name for some in specials.values() for name, _ in some}
    if unknown := [each for each in wanted if not any(_is_wanted(name, [each]) for name in found)]:
        raise SystemExit(f"there are no such cells: {', '.join(unknown)}")
    if chosen:
        matrix.run_cells(chosen)
    for special, some in specials.items():
        matrix.run_special(special, some)


def _is_wanted(name: str, wanted: list[str]) -> bool:
    return any(fnmatchcase(name, each) for each in wanted)


def _verdict(tally: Tally, arguments: argparse.Namespace) -> int:
    if not tally.violations:
        print("every invariant held")
        return 0
    print("\nTo see it again:")
    for cell in sorted(
        {text.partition(" ")[0] for text in tally.violations if "/" in text.partition(" ")[0]}
    ):
        print(f"  scripts/chaos --cell {cell}")
    if arguments.minutes is not None:
        print(f"  scripts/chaos --minutes {arguments.minutes:g} --seed {arguments.seed}")
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), metavar="N")
    parser.add_argument("--minutes", type=float, metavar="N", help="random chaos for so long, not the matrix")
    parser.add_argument(
        "--cell",
        action="append",
        metavar="ID",
        help="only this cell; or all like 'chat/*'; may be given again",
    )
    parser.add_argument("--part", type=Part.parse, default=Part(), metavar="I/N", help="the I-th of N parts")
    parser.add_argument("--wave", type=int, default=12, metavar="N", help="cells side by side")
    parser.add_argument("--mount-lag", type=float, default=MOUNT_LAG_SECONDS, metavar="SECONDS")
    parser.add_argument("--state", type=Path, metavar="DIR", help="keep what the local Azure wrote there")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

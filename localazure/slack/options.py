"""The command line of `slack-say`."""

import argparse
from pathlib import Path

from localazure.slack.cast import COMMAND, PEOPLE, TEAM


def options_of(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    parser.add_argument(
        "commands",
        nargs="*",
        metavar="COMMAND",
        help=f"what follows {COMMAND}; none = one a line from the terminal",
    )
    parser.add_argument(
        "--press", action="append", default=[], metavar="BUTTON", help="its number or its label"
    )
    parser.add_argument(
        "--as", dest="speaker", default="ops", choices=PEOPLE, help="who speaks (default: %(default)s)"
    )
    parser.add_argument("--user", metavar="ID", help="who speaks, as grants name a person: U1")
    parser.add_argument(
        "--channel", default="demo", metavar="ID", help="a name or an id (default: %(default)s)"
    )
    parser.add_argument("--team", default=TEAM, metavar="ID", help="the workspace (default: %(default)s)")
    parser.add_argument(
        "--wait",
        type=float,
        default=2.0,
        metavar="SECONDS",
        help="how long nothing must have come before it is over (default: %(default)s)",
    )
    parser.add_argument(
        "--ready-file", type=Path, metavar="FILE", help="the one of `up`, where it has another"
    )

"""The command line: `python -m localazure up | demo | reset | slack-say`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from localazure.errors import LocalAzureError
from localazure.ports import DEFAULT_PORT
from localazure.slack.options import options_of
from localazure.up.console import Console


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. 0 = done or stopped as asked, 1 = could not, 2 = wrong arguments."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except LocalAzureError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _up(options: argparse.Namespace) -> int:
    from localazure.up.command import DEFAULT_STATE, UpOptions, up  # noqa: PLC0415 - `--help` answers at once

    state = options.state or DEFAULT_STATE
    up(
        UpOptions(
            state,
            options.port,
            options.app_dir,
            options.ready_file,
            options.reset,
            options.host,
            options.storage_faults,
        ),
        Console(),
    )
    return 0


def _reset(options: argparse.Namespace) -> int:
    from localazure.up.command import DEFAULT_STATE, reset  # noqa: PLC0415 - as above

    reset(options.state or DEFAULT_STATE, Console())
    return 0


def _demo(_options: argparse.Namespace) -> int:
    from localazure.demo.story import demo  # noqa: PLC0415 - as above

    return demo()


def _slack_say(options: argparse.Namespace) -> int:
    from localazure.slack.say import say  # noqa: PLC0415 - as above
    from localazure.up.command import DEFAULT_STATE  # noqa: PLC0415 - as above

    return say(options, options.state or DEFAULT_STATE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m localazure", description="A small Azure on this machine."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="up | demo | reset | slack-say")

    up = commands.add_parser("up", help="run it in the foreground until Ctrl-C")
    _state_option(up)
    up.add_argument("--reset", action="store_true", help="delete what an earlier run kept, then start")
    up.add_argument(
        "--port",
        type=int,
        default=DEFAULT_PORT,
        metavar="N",
        help=f"the Functions host's port, the others follow it; 0 = free ports (default: {DEFAULT_PORT})",
    )
    up.add_argument(
        "--ready-file", type=Path, metavar="FILE", help="write where everything is as JSON when all is up"
    )
    up.add_argument(
        "--app-dir",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="the function app (default: the current folder)",
    )
    up.add_argument(
        "--without-functions-host",
        dest="host",
        action="store_false",
        help="leave the function app to you: `func start` with STATE/local.settings.json",
    )
    up.add_argument(
        "--storage-faults",
        action="store_true",
        help="let queues and tables misbehave on demand, too, by proxies in front of Azurite",
    )
    up.set_defaults(run=_up)

    demo = commands.add_parser("demo", help="show the whole life of a registry, then stop")
    demo.set_defaults(run=_demo)

    reset = commands.add_parser("reset", help="delete what earlier runs kept")
    _state_option(reset)
    reset.set_defaults(run=_reset)

    slack_say = commands.add_parser("slack-say", help="say something to the app, as in Slack")
    _state_option(slack_say)
    options_of(slack_say)
    slack_say.set_defaults(run=_slack_say)
    return parser


def _state_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="where everything is kept (default: .localazure in the repository)",
    )


if __name__ == "__main__":
    sys.exit(main())

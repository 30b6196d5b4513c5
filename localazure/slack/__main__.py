"""`python -m localazure.slack`: the double as a process of its own."""

import argparse
import logging
import os
import sys

from localazure.emulator.errors import PortInUseError
from localazure.emulator.server import Server, listen
from localazure.slack.app import Double
from localazure.slack.desk import Desk
from localazure.slack.names import BOT_TOKEN, PATIENCE, SIGNING_SECRET
from localazure.slack.traffic import Traffic
from localazure.slack.workspace import Workspace


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop. 0 after SIGTERM or SIGINT, 2 if it cannot start."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level="INFO", stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for name in ("uvicorn", "httpx"):  # addresses of requests may hold what opens a chat
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        listener = listen(options.port)
    except PortInUseError as error:
        print(f"slack: {error}", file=sys.stderr)
        return 2
    desk = Desk(
        Workspace(),
        Traffic(),
        os.environ[SIGNING_SECRET],
        f"http://localhost:{listener.getsockname()[1]}",
        options.app,
        float(os.environ.get(PATIENCE, "3")),
    )
    logging.getLogger(__name__).info("this is a double of Slack: nothing leaves this machine")
    Server(Double(desk, os.environ[BOT_TOKEN]).app(), listener).serve_forever()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localazure.slack", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="on localhost; 0 = any free one")
    parser.add_argument("--app", required=True, help="where the function app is: http://localhost:N")
    return parser


if __name__ == "__main__":
    sys.exit(main())

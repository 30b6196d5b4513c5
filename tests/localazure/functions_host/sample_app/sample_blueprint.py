"""Functions that the sample app registers from a blueprint."""

import json
import os
import time
from pathlib import Path

import azure.functions as func

blueprint = func.Blueprint()  # type: ignore[no-untyped-call] # azure.functions 2.3.0 has no type here


@blueprint.route("from-blueprint", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def from_blueprint(req: func.HttpRequest) -> str:
    return f"blueprint in {Path.cwd().name} with {os.environ['SAMPLE_SETTING']}, {req.method}"


@blueprint.timer_trigger("timer", "0 0 0 1 1 *", run_on_startup=True)
def on_startup(timer: func.TimerRequest) -> None:
    event = {"at": time.time(), "function": "on_startup", "past_due": timer.past_due}
    with Path(os.environ["SAMPLE_EVENTS"]).open("a", encoding="utf-8") as events:
        events.write(json.dumps(event) + "\n")

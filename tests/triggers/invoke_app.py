"""Indexes the function app with Azure's worker library and invokes it, in a process that holds nothing else.

Reads `[{"function", "method"?, "params"?, "query"?, "headers"?, "text"?}, ...]` from stdin. Writes to stdout, as JSON,
what was indexed, which modules that imported, and what came of each invocation, in order.
"""

import asyncio
import json
import sys
import time
from typing import Any

from localazure.functions_host.functions import Function
from localazure.functions_host.queue_messages import trigger_metadata
from localazure.functions_host.worker import Outcome, Worker, http_datum, json_datum, text_datum
from localazure.up.environment import ROOT

TIMER = '{"Schedule": {"AdjustForDST": true}, "ScheduleStatus": null, "IsPastDue": false}'


async def main() -> None:
    """One app, once: the library allows no more in a process."""
    worker = await Worker.start(ROOT)
    imported = sorted(sys.modules)
    functions = {function.name: function for function in worker.functions}
    calls: list[dict[str, Any]] = json.load(sys.stdin)
    outcomes = await asyncio.gather(*(_invoke(worker, functions[call["function"]], call) for call in calls))
    json.dump(
        {
            "bindings": {name: function.bindings for name, function in functions.items()},
            "imported": imported,
            "imported_in_the_end": sorted(sys.modules),
            "outcomes": [_shown(*outcome) for outcome in outcomes],
        },
        sys.stdout,
    )


async def _invoke(worker: Worker, function: Function, call: dict[str, Any]) -> tuple[Outcome, float]:
    kind = function.bindings[0]["type"]
    metadata = {}
    if kind == "httpTrigger":
        path = "/".join(call.get("params", {}).values())
        data = http_datum(
            call["method"],
            f"http://localhost/api/{path}",
            body=call.get("text", "").encode(),
            headers=call.get("headers", {}),
            query=call.get("query", {}),
            route_params=call.get("params", {}),
        )
    elif kind == "queueTrigger":
        data, metadata = text_datum(call["text"]), trigger_metadata(message_id="m-1", dequeue_count=1)
    else:
        data = json_datum(TIMER)
    began = time.monotonic()
    outcome = await worker.invoke(function, f"invocation of {function.name}", data, metadata)
    return outcome, time.monotonic() - began


def _shown(outcome: Outcome, seconds: float) -> dict[str, Any]:
    if outcome.value is None:
        return {"succeeded": outcome.succeeded, "error": outcome.error, "traceback": outcome.traceback}
    answer = outcome.value.value
    return {
        "succeeded": outcome.succeeded,
        "seconds": seconds,
        "status": int(answer["status_code"].value),
        "headers": {name: datum.value for name, datum in answer["headers"].items()},
        "cookies": [morsel.OutputString() for jar in answer["cookies"] or [] for morsel in jar.values()],
        "text": answer["body"].value.decode(),
    }


if __name__ == "__main__":
    asyncio.run(main())

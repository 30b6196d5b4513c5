"""The app that the host's tests run: what each function was given goes back to the caller, or into a file."""

import asyncio
import base64
import json
import logging
import os
import threading
import time
from pathlib import Path

import azure.functions as func
from sample_blueprint import blueprint  # type: ignore[import-not-found] # the app folder is on sys.path at run time

app = func.FunctionApp()
app.register_functions(blueprint)
_logger = logging.getLogger("sample")


def _record(**event: object) -> None:
    line = json.dumps({"at": time.time(), **event})
    with Path(os.environ["SAMPLE_EVENTS"]).open("a", encoding="utf-8") as events:
        events.write(line + "\n")


def _seen(req: func.HttpRequest) -> dict[str, object]:
    return {
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "params": dict(req.params),
        "route_params": dict(req.route_params),
        "body": base64.b64encode(req.get_body()).decode(),
        "thread": threading.current_thread().name,
    }


@app.route("echo/{name}/{detail?}", auth_level=func.AuthLevel.ANONYMOUS)
def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    _logger.info("echo of %s\nin two lines", req.route_params["name"])
    seen = {**_seen(req), "trace_parent": context.trace_context.trace_parent}
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")


@app.route("echo-async", methods=["POST"])
async def echo_async(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(0.01)
    _logger.info("async echo with %s", req.url)
    return func.HttpResponse(json.dumps(_seen(req)), mimetype="application/json")


@app.route("admin-only", auth_level=func.AuthLevel.ADMIN, methods=["GET"])
def admin_only(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"for administrators, by {req.method}")


@app.route("items/{id:int}", auth_level=func.AuthLevel.ANONYMOUS, methods=["GET", "PUT"])
def item(req: func.HttpRequest) -> str:
    return f"item {req.route_params['id']}"


@app.route("raw", auth_level=func.AuthLevel.ANONYMOUS)
def raw(req: func.HttpRequest) -> func.HttpResponse:
    """Answers what came, as bytes that are no text, with a status and headers of its own."""
    response = func.HttpResponse(
        req.get_body() + bytes(range(256)), status_code=207, mimetype="application/x-raw"
    )
    response.headers["X-Sample"] = "Ünchanged"
    response.headers["ETag"] = '"7"'
    response.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly")
    response.headers.add("Set-Cookie", "b=2")
    return response


@app.route("fail", auth_level=func.AuthLevel.ANONYMOUS)
def fail(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError(f"sample failure of {req.method}")


@app.route("slow", auth_level=func.AuthLevel.ANONYMOUS)
def slow(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(float(req.params["seconds"]))
    return func.HttpResponse("at last")


@app.route("off", auth_level=func.AuthLevel.ANONYMOUS)
def off(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"on for {req.method}")


@app.queue_trigger("message", "%SAMPLE_QUEUE%", "AzureWebJobsStorage")
def take_message(message: func.QueueMessage) -> None:
    text = message.get_body().decode()
    order = json.loads(text)
    _record(
        function="take_message",
        text=text,
        id=message.id,
        dequeue_count=message.dequeue_count,
        pop_receipt=message.pop_receipt,
        times=[
            moment.isoformat()
            for moment in (message.insertion_time, message.expiration_time, message.time_next_visible)
            if moment
        ],
    )
    time.sleep(order.get("seconds", 0))
    if order.get("fail"):
        raise RuntimeError("sample failure of a message")
    _record(function="message_done", text=text)


@app.timer_trigger("timer", "* * * * * *")
def slow_tick(timer: func.TimerRequest) -> None:
    _record(function="slow_tick", begin=True, past_due=timer.past_due)
    time.sleep(1.3)
    _record(function="slow_tick", begin=False)


@app.timer_trigger("timer", "%SAMPLE_SCHEDULE%")
async def at_new_year(timer: func.TimerRequest) -> None:
    # azure.functions 2.3.0 declares less than its class has.
    status = timer.schedule_status  # type: ignore[attr-defined]
    _record(function="at_new_year", past_due=timer.past_due, status=status)

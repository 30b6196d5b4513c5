"""`/_emulator/faults`: place, list and remove faults.

POST   /_emulator/faults        a fault (`models.Fault`) -> 201 {"id"}; 400 names each bad field
GET    /_emulator/faults        {"value": [{"id", "seen", "used", "holding", and what was posted}]}, those used up too
DELETE /_emulator/faults        all of them
DELETE /_emulator/faults/{id}   one

`used` counts a request as soon as its fault is chosen, `holding` those that wait at this moment: with `hold: after`
they have been carried out. Removing a fault lets them go on.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from localazure.emulator.faults.models import Fault, Faults


def routes(faults: Faults, prefix: str) -> list[BaseRoute]:
    """The routes below `prefix`."""

    async def place(request: Request) -> Response:
        try:
            fault = Fault.model_validate_json(await request.body())
        except ValidationError as error:
            return _refused([_problem(dict(found)) for found in error.errors(include_url=False)])
        return JSONResponse({"id": faults.add(fault)}, 201)

    async def show(_: Request) -> Response:
        return JSONResponse({"value": faults.shown()})

    async def clear(_: Request) -> Response:
        faults.clear()
        return Response(status_code=204)

    async def remove(request: Request) -> Response:
        return Response(status_code=204 if faults.remove(request.path_params["id"]) else 404)

    path = f"{prefix}/faults"
    return [
        Route(path, place, methods=["POST"]),
        Route(path, show, methods=["GET"]),
        Route(path, clear, methods=["DELETE"]),
        Route(f"{path}/{{id}}", remove, methods=["DELETE"]),
    ]


def _problem(found: Mapping[str, Any]) -> dict[str, str]:
    return {"target": ".".join(map(str, found["loc"])), "message": found["msg"].removeprefix("Value error, ")}


def _refused(problems: list[dict[str, str]]) -> Response:
    message = "; ".join(": ".join(filter(None, (p["target"], p["message"]))) for p in problems)
    error = {"code": "BadRequest", "message": message, "details": problems}
    return JSONResponse({"error": error}, status_code=400)

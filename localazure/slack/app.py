"""The double put together: Slack's Web API and `response_url` for the app, and `/_slack` for those who play its people.

POST /_slack/commands   {"user", "channel", "team"?, "text"}     say it; {"seconds"} when it is answered
POST /_slack/presses    {"user", "channel", "team"?, "button"}   press it, by its number or label; 404 if there is none
GET  /_slack/inbox?user=ID    {"value": [...]}: what this person has not been shown yet
GET  /_slack/traffic          {"value": [...]}: every word that went to and fro
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from localazure.slack.desk import Desk, Place
from localazure.slack.web_api import WebApi

CONTROL = "/_slack"


class Double:
    """One workspace and one app in it."""

    def __init__(self, desk: Desk, bot_token: str) -> None:
        self._desk = desk
        self._web_api = WebApi(desk.workspace, bot_token, desk.traffic)

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                *self._web_api.routes(),
                Route("/response/{token}", self._respond, methods=["POST"]),
                Route(CONTROL, self._status),
                Route(f"{CONTROL}/commands", self._say, methods=["POST"]),
                Route(f"{CONTROL}/presses", self._press, methods=["POST"]),
                Route(f"{CONTROL}/inbox", self._inbox),
                Route(f"{CONTROL}/traffic", self._traffic),
            ]
        )

    async def _respond(self, request: Request) -> Response:
        status, said = self._desk.respond(request.path_params["token"], await request.body())
        return PlainTextResponse(said, status)

    async def _status(self, _: Request) -> Response:
        return JSONResponse({"status": "ready"})

    async def _say(self, request: Request) -> Response:
        place, asked = await _place(request)
        return JSONResponse({"seconds": await self._desk.say(place, asked["text"])})

    async def _press(self, request: Request) -> Response:
        place, asked = await _place(request)
        took = await self._desk.press(place, asked["button"])
        return JSONResponse({"seconds": took}, 404 if took is None else 200)

    async def _inbox(self, request: Request) -> Response:
        return JSONResponse({"value": self._desk.workspace.inbox(request.query_params["user"])})

    async def _traffic(self, _: Request) -> Response:
        return JSONResponse({"value": self._desk.traffic.all()})


async def _place(request: Request) -> tuple[Place, dict[str, str]]:
    asked: dict[str, str] = await request.json()
    where = {name: asked[name] for name in ("user", "channel", "team") if name in asked}
    return Place(**where), asked

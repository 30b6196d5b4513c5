"""`/_emulator`: what tests and demos may do to the emulator. Nothing here exists on Azure.

GET  /_emulator                   {"status": "ready"}
POST /_emulator/reset             forget all resources, files, settings and faults, end all sites
GET, PUT /_emulator/transitions   {"Microsoft.Web/sites": 0.2, ...} seconds that creating takes
GET, PUT /_emulator/paging        {"pageSize": 200}
GET, PUT /_emulator/held-names    {"Microsoft.Storage/storageAccounts": ["taken"], ...} names that someone else has
GET, PUT /_emulator/mount-lag     {"seconds": 0} after which sites see a change in their mounted shares
GET  /_emulator/sites             {"value": [{"name", "host", "process"}]}
GET, DELETE /_emulator/requests   what came in, `?after=SEQUENCE`; forget it
/_emulator/faults                 see `faults.control`
"""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from localazure.emulator.arm.resource_ids import SITES
from localazure.emulator.arm.service import ResourceManager
from localazure.emulator.faults.models import Faults
from localazure.emulator.requests_log import RequestsLog

PREFIX = "/_emulator"

_DELAYS = TypeAdapter(dict[str, float])
_NAMES = TypeAdapter(dict[str, list[str]])


class _Paging(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")
    page_size: int = Field(ge=1)


class _MountLag(BaseModel):
    model_config = ConfigDict(extra="forbid")
    seconds: float


class Control:
    """The control endpoint. Settings that a PUT does not name keep their value."""

    def __init__(self, resource_manager: ResourceManager, log: RequestsLog, faults: Faults) -> None:
        self._manager = resource_manager
        self._store = resource_manager.store
        self._log = log
        self._faults = faults

    def routes(self) -> list[BaseRoute]:
        """All paths below /_emulator."""
        return [
            Route(PREFIX, self.status, methods=["GET"]),
            Route(f"{PREFIX}/reset", self.reset, methods=["POST"]),
            _setting("transitions", self._delays, self._change_delays),
            _setting("paging", self._paging, self._change_paging),
            _setting("held-names", self._held_names, self._change_held_names),
            _setting("mount-lag", self._mount_lag, self._change_mount_lag),
            Route(f"{PREFIX}/sites", self.sites, methods=["GET"]),
            Route(f"{PREFIX}/requests", self.requests, methods=["GET", "DELETE"]),
        ]

    async def status(self, _: Request) -> Response:
        """It answers, so it is ready."""
        return JSONResponse({"status": "ready"})

    async def reset(self, _: Request) -> Response:
        """Back to an empty cloud that behaves."""
        self._faults.clear()
        await run_in_threadpool(self._manager.reset)
        self._log.clear()
        return Response(status_code=204)

    async def sites(self, _: Request) -> Response:
        """Which processes run, whatever Resource Manager says about their sites."""
        return JSONResponse({"value": await run_in_threadpool(self._polled)})

    async def requests(self, request: Request) -> Response:
        """What came in, oldest first."""
        if request.method == "DELETE":
            self._log.clear()
            return Response(status_code=204)
        after = request.query_params.get("after", "0")
        if not after.isdecimal():
            return _bad_request("after must be a sequence number")
        entries = await run_in_threadpool(self._log.entries, int(after))
        return JSONResponse({"value": entries, "dropped": self._log.dropped})

    def _polled(self) -> list[dict[str, str]]:
        names = [site.id.name for site in self._store.select(SITES)]
        host, poll = self._manager.processes.host, self._manager.processes.poll
        return [{"name": name, "host": host(name), "process": poll(name)} for name in names]

    def _delays(self) -> object:
        return self._store.settings.delays

    def _change_delays(self, body: Any) -> None:
        self._store.change_settings(delays={**self._store.settings.delays, **_DELAYS.validate_python(body)})

    def _paging(self) -> object:
        return {"pageSize": self._store.settings.page_size}

    def _change_paging(self, body: Any) -> None:
        self._store.change_settings(page_size=_Paging.model_validate(body).page_size)

    def _mount_lag(self) -> object:
        return {"seconds": self._store.settings.mount_lag}

    def _change_mount_lag(self, body: Any) -> None:
        self._manager.change_mount_lag(_MountLag.model_validate(body).seconds)

    def _held_names(self) -> object:
        return self._store.settings.held_names

    def _change_held_names(self, body: Any) -> None:
        names = {kind: [n.lower() for n in held] for kind, held in _NAMES.validate_python(body).items()}
        self._store.change_settings(held_names={**self._store.settings.held_names, **names})


def _setting(name: str, read: Callable[[], object], change: Callable[[Any], None]) -> Route:
    """GET shows it, PUT changes it and shows it."""

    async def endpoint(request: Request) -> Response:
        if request.method == "PUT":
            try:
                await run_in_threadpool(change, await request.json())
            except ValueError as error:
                return _bad_request(str(error))
        return JSONResponse(read())

    return Route(f"{PREFIX}/{name}", endpoint, methods=["GET", "PUT"])


def _bad_request(message: str) -> Response:
    return JSONResponse({"error": {"code": "BadRequest", "message": message}}, status_code=400)

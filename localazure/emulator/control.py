"""`/_emulator`: what tests and demos may do to the emulator. Nothing here exists on Azure.

GET  /_emulator                   {"status": "ready"}
POST /_emulator/reset             forget all resources, files, settings and faults, end all sites
GET  /_emulator/sites             {"value": [{"name", "host", "process"}]}
GET, DELETE /_emulator/requests   what came in, `?after=SEQUENCE`; forget it
/_emulator/...                    settings: see `control_settings`
/_emulator/faults                 see `faults.control`
"""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from localazure.emulator.arm.resource_ids import SITES
from localazure.emulator.arm.service import ResourceManager
from localazure.emulator.control_settings import ControlSettings, bad_request
from localazure.emulator.faults.models import Faults
from localazure.emulator.requests_log import RequestsLog

PREFIX = "/_emulator"


class Control:
    """The control endpoint."""

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
            *ControlSettings(self._manager).routes(PREFIX),
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
            return bad_request("after must be a sequence number")
        entries = await run_in_threadpool(self._log.entries, int(after))
        return JSONResponse({"value": entries, "dropped": self._log.dropped})

    def _polled(self) -> list[dict[str, str]]:
        names = [site.id.name for site in self._store.select(SITES)]
        host, poll = self._manager.processes.host, self._manager.processes.poll
        return [{"name": name, "host": host(name), "process": poll(name)} for name in names]

"""The emulator put together: one TLS server for Resource Manager, managed identity, Azure Files,
lists of blobs, and its control.

Requests go through layers, outermost first: the log of requests, the faults, the routes. The log is outside of the
faults, so that it shows what the client saw.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from localazure.emulator.arm import urls as arm_urls
from localazure.emulator.arm.models.ports import Sites
from localazure.emulator.arm.service import ResourceManager
from localazure.emulator.bearer import BearerTokens
from localazure.emulator.blobs import urls as blobs_urls
from localazure.emulator.blobs.service import BlobsService
from localazure.emulator.control import PREFIX, Control
from localazure.emulator.faults import control as faults_control
from localazure.emulator.faults.layer import Misbehave
from localazure.emulator.faults.models import Faults
from localazure.emulator.files import urls as files_urls
from localazure.emulator.files.models import FileStore
from localazure.emulator.files.service import FilesService
from localazure.emulator.identity import urls as identity_urls
from localazure.emulator.identity.models import Identity
from localazure.emulator.requests_log import RecordRequests, RequestsLog
from localazure.emulator.storage_proxy import storage_proxy


class Emulator:
    """Everything behind one port, and proxies that misbehave along with it."""

    def __init__(self, state: Path, origin: str, identity: Identity, sites: Sites) -> None:
        """`origin` is where clients reach it, `https://localhost:PORT`."""
        self.requests = RequestsLog()
        self.faults = Faults()
        self.sites = sites
        self.files = FileStore(state / "files")
        self.resource_manager = ResourceManager(state, origin, sites, self.files)
        self._identity = identity
        self._tokens = BearerTokens(identity, origin)

    def app(self) -> ASGIApp:
        """The ASGI application; its lifespan starts and ends the sites."""
        files = FilesService(
            store=self.files,
            account_keys=self.resource_manager.accounts.keys,
            check_token=self._tokens.opens_files,
            tenant_id=self._identity.tenant_id,
        )
        routes = [
            *Control(self.resource_manager, self.requests, self.faults).routes(),
            *faults_control.routes(self.faults, PREFIX),
            *identity_urls.routes(self._identity),
            Mount("/files", routes=files_urls.routes(files)),
            Mount("/blobs", routes=blobs_urls.routes(self._blobs())),
            *arm_urls.routes(self.resource_manager, self._tokens.check_management),
            Route("/{rest:path}", _nothing_here),
        ]
        app = Starlette(routes=routes, lifespan=self._lifespan)
        misbehaving = Misbehave(app, self.faults, ignored=PREFIX)
        return RecordRequests(misbehaving, self.requests, ignored=PREFIX, keep_bodies_of="/subscriptions")

    def _blobs(self) -> BlobsService:
        accounts = self.resource_manager.accounts
        return BlobsService(
            has_account=lambda account: accounts.keys(account) is not None,
            has_container=self.resource_manager.storage_services.has_container,
            blobs=self.sites.blobs,
            check_token=self._tokens.opens_files,
            tenant_id=self._identity.tenant_id,
        )

    def storage_proxy(self, service: str, upstream: str) -> ASGIApp:
        """What stands in front of Azurite's `queues` or `tables`: the same faults, the same log, a port of its own."""
        return storage_proxy(service, upstream, self.faults, self.requests)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self.resource_manager.mounts.start()
        await run_in_threadpool(self.resource_manager.processes.drive_all)
        try:
            yield
        finally:
            await run_in_threadpool(self.sites.stop_all)
            await run_in_threadpool(self.resource_manager.mounts.stop)


async def _nothing_here(request: Request) -> Response:
    error = {"code": "NotFound", "message": f"The emulator has nothing at {request.url.path}."}
    return JSONResponse({"error": error}, status_code=404)

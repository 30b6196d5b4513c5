"""Settings below `/_emulator`. GET shows one, PUT changes it and shows it; what a PUT does not name keeps its value.

transitions      {"Microsoft.Web/sites": 0.2, ...}  seconds that creating takes
paging           {"pageSize": 200}
held-names       {"Microsoft.Storage/storageAccounts": ["taken"], ...}  names that someone else has
deleted-names    {"Microsoft.Storage/storageAccounts": 0, "Microsoft.Web/sites": 0, ...}  seconds that a name stays busy
                 after a delete; also .../blobServices/containers and .../fileServices/shares
mount-lag        {"seconds": 0}  after which sites see a change in their mounted shares
site-behaviour   [{"site": "demo-*", "behaviour": "slow" | "never" | "dies" | "stubborn", "seconds": 5}]  all of them:
                 sites that start slowly, never start, die so long after each start, ignore SIGTERM; a site for
                 which that is a change restarts
throttling       {"reads": null, "writes": null, "deletes": null, "seconds": 60}  buckets of Resource Manager, and the
                 time in which an empty one is full again; {"storageReads": null, "storageWrites": null,
                 "storageLists": null, "storageSeconds": 300}  windows of Microsoft.Storage; null = no limit.
                 All of it at once: what is left out is not limited
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localazure.emulator.arm.models.throttling import Limits
from localazure.emulator.arm.service import ResourceManager
from localazure.sites.behaviour import SiteBehaviour

_SECONDS = TypeAdapter(dict[str, float])
_NAMES = TypeAdapter(dict[str, list[str]])
_LIMITS = TypeAdapter(Limits)
_BEHAVIOURS = TypeAdapter(list[SiteBehaviour])


class _Paging(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")
    page_size: int = Field(ge=1)


class _MountLag(BaseModel):
    model_config = ConfigDict(extra="forbid")
    seconds: float


class ControlSettings:
    """How the cloud behaves until the next reset."""

    def __init__(self, resource_manager: ResourceManager) -> None:
        self._manager = resource_manager
        self._store = resource_manager.store

    def routes(self, prefix: str) -> list[Route]:
        """One path for each setting."""
        settings = {
            "transitions": (self._delays, self._change_delays),
            "paging": (self._paging, self._change_paging),
            "held-names": (self._held_names, self._change_held_names),
            "deleted-names": (self._deleted_names, self._change_deleted_names),
            "mount-lag": (self._mount_lag, self._change_mount_lag),
            "throttling": (self._throttling, self._change_throttling),
            "site-behaviour": (self._site_behaviour, self._change_site_behaviour),
        }
        return [_setting(f"{prefix}/{name}", *calls) for name, calls in settings.items()]

    def _delays(self) -> object:
        return self._store.settings.delays

    def _change_delays(self, body: Any) -> None:
        self._store.change_settings(delays={**self._store.settings.delays, **_SECONDS.validate_python(body)})

    def _paging(self) -> object:
        return {"pageSize": self._store.settings.page_size}

    def _change_paging(self, body: Any) -> None:
        self._store.change_settings(page_size=_Paging.model_validate(body).page_size)

    def _held_names(self) -> object:
        return self._store.settings.held_names

    def _change_held_names(self, body: Any) -> None:
        names = {kind: [n.lower() for n in held] for kind, held in _NAMES.validate_python(body).items()}
        self._store.change_settings(held_names={**self._store.settings.held_names, **names})

    def _deleted_names(self) -> object:
        return self._store.settings.deleted_names

    def _change_deleted_names(self, body: Any) -> None:
        seconds = {**self._store.settings.deleted_names, **_SECONDS.validate_python(body)}
        self._store.change_settings(deleted_names=seconds)

    def _mount_lag(self) -> object:
        return {"seconds": self._store.settings.mount_lag}

    def _change_mount_lag(self, body: Any) -> None:
        self._manager.change_mount_lag(_MountLag.model_validate(body).seconds)

    def _site_behaviour(self) -> object:
        return [asdict(behaviour) for behaviour in self._store.settings.site_behaviour]

    def _change_site_behaviour(self, body: Any) -> None:
        self._manager.change_site_behaviour(_BEHAVIOURS.validate_python(body))

    def _throttling(self) -> object:
        return {to_camel(name): value for name, value in asdict(self._store.settings.limits).items()}

    def _change_throttling(self, body: Any) -> None:
        sent = _LIMITS.validate_python(body)
        self._store.change_settings(limits=sent)


def _setting(path: str, read: Callable[[], object], change: Callable[[Any], None]) -> Route:
    async def endpoint(request: Request) -> Response:
        if request.method == "PUT":
            try:
                await run_in_threadpool(change, await request.json())
            except ValueError as error:
                return bad_request(str(error))
        return JSONResponse(read())

    return Route(path, endpoint, methods=["GET", "PUT"])


def bad_request(message: str) -> Response:
    """400 with a reason."""
    return JSONResponse({"error": {"code": "BadRequest", "message": message}}, status_code=400)

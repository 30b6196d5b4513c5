"""The one way to make an HTTP function: its route, what it takes, what it answers, and who may call it.

A handler parses nothing and catches nothing: it gets a checked request and its caller, calls one service and
answers. `ENDPOINTS` is the table of all of them; the OpenAPI document is made from it.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import azure.functions as func
from pydantic import BaseModel

from shared.bootstrap import services
from shared.domain.roles import Need, Role
from shared.services.audit.refusals import is_recorded
from shared.services.authorization import authorize, veiled
from shared.services.requests import Caller
from shared.triggers.answer_models.base import View
from shared.triggers.answers import Answer, refusal
from shared.triggers.bodies import WITH_BODY, media_types
from shared.triggers.doors import Door, TurnedAwayError
from shared.triggers.exchange import exchange, under_the_name_of
from shared.triggers.html import refused_page
from shared.triggers.identity import caller
from shared.triggers.known_errors import as_api_error
from shared.triggers.parsing import parse
from shared.triggers.request_models.base import NoBody
from shared.triggers.throttle import admit

type Body = type[View] | tuple[type[View] | str, ...] | None
type Handler[R] = Callable[[R, Caller], Answer] | Callable[[R, Caller], Awaitable[Answer]]


@dataclass(frozen=True)
class Endpoint:
    """One HTTP function."""

    name: str
    method: str
    route: str
    """Below `/api/`."""
    asks: type[BaseModel]
    """Path, query, headers and body as one model."""
    answers: Mapping[int, Body]
    """By status: the model of the body, or several models and media types of which it is one, or `None` for no body."""
    needs: Need | None
    """Whoever has less is refused; `None` = anybody, without a key."""
    fails: Sequence[int]
    """Statuses of errors besides those that every request may get."""
    is_page: bool
    """Its reader is a person at a browser: what is refused is a page, too."""
    shows_secret: bool
    """Its request may set a secret, or its answer may hold one: both are counted."""
    summary: str
    topic: str
    """The module that defines it: the document groups by it."""
    door: Door | None = None
    """How a signed request comes in."""

    @property
    def takes_body(self) -> bool:
        """May its request have one that says something?"""
        body = self.asks.model_fields["body"].annotation
        return self.method in WITH_BODY and body is not NoBody

    @property
    def media_types(self) -> tuple[str, ...]:
        """Of its request's body."""
        if self.door:
            return (self.door.media_type,)
        return media_types(self.asks, self.method)

    @property
    def writes(self) -> bool:
        """Does it change anything?"""
        return self.method != "GET"


ENDPOINTS: dict[str, Endpoint] = {}
"""Every HTTP function by its name, as soon as the module that defines it is imported."""


def endpoint[R: BaseModel](
    bp: func.Blueprint,
    method: str,
    route: str,
    asks: type[R],
    answers: Mapping[int, Body],
    *,
    needs: Role | Need | None,
    fails: Sequence[int] = (),
    shows_secret: bool = False,
    is_page: bool = False,
    door: Door | None = None,
) -> Callable[[Handler[R]], Any]:
    """Registers the handler with the blueprint, under its own name. Its docstring is the summary of the document."""

    def register(handler: Handler[R]) -> Any:
        name = str(getattr(handler, "__name__", ""))
        summary = inspect.cleandoc(handler.__doc__ or "")
        topic = handler.__module__.rpartition(".")[2]
        need = Need(needs) if isinstance(needs, Role) else needs
        found = Endpoint(
            name, method, route, asks, answers, need, fails, is_page, shows_secret, summary, topic, door
        )
        ENDPOINTS[name] = found
        level = func.AuthLevel.FUNCTION if need else func.AuthLevel.ANONYMOUS
        routed = bp.route(route, methods=[method], auth_level=level)(_function(found, handler))
        return bp.function_name(name)(routed)

    return register


def _function[R: BaseModel](found: Endpoint, handler: Handler[R]) -> Callable[..., Any]:
    """What the worker calls. Domain errors become error answers; anything unforeseen a 500 that shows nothing."""

    def prepare(req: func.HttpRequest, who: Caller) -> R:
        if found.door:
            return cast("R", found.door.read(req))
        admit(_counted(who), writes=found.writes, shows_secret=found.shows_secret)
        if found.needs is not None:
            authorize(found.needs.with_query(req.params), who, found.name, *_named(req))
        return cast("R", parse(found.asks, req, services().settings))

    def known(req: func.HttpRequest) -> Caller:
        return caller(req, services().settings, key_checked=found.needs is not None)

    def threaded(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        with exchange(req, context, found.name) as finish:
            who = None
            try:
                who = known(req)
                answer = cast("Callable[[R, Caller], Answer]", handler)(prepare(req, who), who)
            except Exception as error:  # noqa: BLE001 - the edge: nothing may leave as a stack trace
                answer = _refused(found, error, req, who)
            return finish(answer.response())

    async def awaited(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        with exchange(req, context, found.name) as finish:
            who = None
            try:
                who = known(req)
                answer = await cast("Callable[[R, Caller], Awaitable[Answer]]", handler)(
                    prepare(req, who), who
                )
            except Exception as error:  # noqa: BLE001 - the edge: nothing may leave as a stack trace
                answer = await asyncio.to_thread(_refused, found, error, req, who)
            return finish(answer.response())

    return under_the_name_of(handler, awaited if inspect.iscoroutinefunction(handler) else threaded)


def _counted(who: Caller) -> str:
    """Of whom nothing is known is counted by address: nobody can use up what is for all the others."""
    return f"{who.actor} at {who.address}" if who.kind == "anonymous" and who.address else who.actor


def _refused(found: Endpoint, error: Exception, req: func.HttpRequest, who: Caller | None) -> Answer:
    """The answer; whoever was told no is in the audit. Without settings nobody is known, and nothing can be written."""
    if isinstance(error, TurnedAwayError):
        return error.answer()
    said = as_api_error(error)
    if who is None:
        return refusal(said)
    if found.door:
        return found.door.refuse(said)
    if is_recorded(said.status, writes=found.writes):
        services().refusals.record(who, found.name, req.route_params, said)
    said = veiled(said, who, _named(req)[0])
    return refused_page(said) if found.is_page else refusal(said)


def _named(req: func.HttpRequest) -> tuple[str | None, str | None]:
    """The registry and the user that the path names; an operation's id names its registry."""
    named = req.route_params
    registry = named.get("registry") or named.get("operation", "").partition(".")[0]
    return registry or None, named.get("username")

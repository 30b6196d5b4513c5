"""Route templates as ASP.NET Core reads them, which is what the real host routes with.

Literals match without regard to case, `{name}` takes one segment, `{name?}` is optional, `{name=value}` has a
default, `{*name}` takes the rest, and constraints follow a colon (`{id:int:min(1)}`):
https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates. The real host does not rank
routes: the functions are tried in the order of their names, and the first that matches path and method wins
(azure-functions-host#9876). Neither does this one, or an app would behave differently on Azure.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from localazure.functions_host.errors import StartError
from localazure.functions_host.functions import Function, HttpTrigger
from localazure.functions_host.route_constraints import Check, constraint

_PARAMETER = re.compile(r"\{((?:[^{}]|\{\{|\}\})*)\}")
_HEAD = re.compile(r"(\*{0,2})([^:=?]+)")
_CONSTRAINT = re.compile(r":([a-zA-Z]+)(?:\(((?:[^()]|\([^()]*\))*)\))?")
_RESERVED = ("admin", "runtime")


@dataclass(frozen=True)
class _Parameter:
    name: str
    catch_all: bool
    optional: bool
    default: str | None
    checks: tuple[Check, ...]

    @classmethod
    def parse(cls, text: str) -> "_Parameter":
        head = _HEAD.match(text)
        if head is None:
            raise ValueError(f"the route parameter '{{{text}}}' has no name")
        rest, checks = text[head.end() :], []
        while found := _CONSTRAINT.match(rest):
            checks.append(constraint(found[1], found[2] or ""))
            rest = rest[found.end() :]
        if rest not in {"", "?"} and not rest.startswith("="):
            raise ValueError(f"the route parameter '{{{text}}}' cannot be read")
        default = rest[1:] if rest.startswith("=") else None
        return cls(head[2], bool(head[1]), rest == "?", default, tuple(checks))


class RouteTemplate:
    """One template. Raises ValueError if it cannot be read."""

    def __init__(self, template: str) -> None:
        self._parameters: list[_Parameter] = []
        segments = [self._segment(segment) for segment in template.strip("/").split("/") if segment]
        self._pattern = re.compile("".join(segments), re.IGNORECASE | re.DOTALL)

    def match(self, path: str) -> dict[str, str] | None:
        """The values of the parameters in a path (decoded, `/api/items/7`), or None if it does not match."""
        found = self._pattern.fullmatch(path.removesuffix("/"))
        if found is None:
            return None
        values = {}
        for number, parameter in enumerate(self._parameters):
            value = found[f"p{number}"] or parameter.default
            if value is None:
                continue
            if not all(check(value) for check in parameter.checks):
                return None
            values[parameter.name] = value
        return values

    def _segment(self, segment: str) -> str:
        """The regular expression of one segment, with the slash in front of it."""
        pieces, end = [], 0
        for found in _PARAMETER.finditer(segment):
            parameter = _Parameter.parse(found[1])
            pieces += [_literal(segment[end : found.start()]), self._group(parameter)]
            end = found.end()
            if found[0] == segment and (
                parameter.catch_all or parameter.optional or parameter.default is not None
            ):
                return f"(?:/{pieces[-1]})?"
        return "/" + "".join([*pieces, _literal(segment[end:])])

    def _group(self, parameter: _Parameter) -> str:
        self._parameters.append(parameter)
        return f"(?P<p{len(self._parameters) - 1}>{'.*' if parameter.catch_all else '[^/]+?'})"


def _literal(text: str) -> str:
    if "{" in text or "}" in text:
        raise ValueError(f"a brace in '{text}' has no other one")
    return re.escape(text)


class Router:
    """Finds the function of a request. Raises StartError, naming the function, for a route it cannot take."""

    def __init__(self, functions: Iterable[Function], prefix: str) -> None:
        self._prefix = prefix
        self._routes = [
            (self._template(function, trigger), function, trigger)
            for function in functions
            if isinstance(trigger := function.trigger, HttpTrigger)
        ]

    def find(self, method: str, path: str) -> tuple[Function, HttpTrigger, dict[str, str]] | None:
        """The first function, by name, that takes the path and the method, and its route parameters."""
        for template, function, trigger in self._routes:
            if trigger.methods is None or method in trigger.methods:
                values = template.match(path)
                if values is not None:
                    return function, trigger, values
        return None

    def shadowed(self) -> list[str]:
        """A sentence for each route without parameters that an earlier function takes all requests from."""
        return [
            f"function '{function.name}' never gets {method} {path}: '{taker[0].name}' takes it, as its name "
            "comes first; constrain that route's parameter, or rename a function"
            for _, function, trigger in self._routes
            if "{" not in (path := self.path_of(trigger))
            for method in sorted(trigger.methods or ["GET"])
            if (taker := self.find(method, path)) and taker[0] is not function
        ]

    def path_of(self, trigger: HttpTrigger) -> str:
        """The route with its prefix, as a person would write it: `/api/registries/{registry}`."""
        return "/" + "/".join(part for part in (self._prefix, trigger.route.strip("/")) if part)

    def _template(self, function: Function, trigger: HttpTrigger) -> RouteTemplate:
        path = self.path_of(trigger)
        if path.split("/")[1].lower() in _RESERVED:
            raise StartError(
                f"function '{function.name}': the route '{path}' conflicts with one of the host's own"
            )
        try:
            return RouteTemplate(path)
        except (ValueError, re.error) as error:
            raise StartError(f"function '{function.name}': route '{trigger.route}': {error}") from error


def decode_path(raw_path: str) -> str:
    """A path as the real host's server hands it on: decoded, except for an encoded slash."""
    return "/".join(
        "%2F".join(unquote(piece) for piece in re.split("%2f", segment, flags=re.IGNORECASE))
        for segment in raw_path.split("/")
    )

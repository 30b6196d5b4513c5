"""Route constraints: what may stand after the colon in `{id:int:min(1)}`.

https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints
"""

import re
from collections.abc import Callable

Check = Callable[[str], bool]
"""Says whether a path segment fits."""

_INFINITY = float("inf")


def constraint(name: str, argument: str = "") -> Check:
    """The check of one constraint. Raises ValueError for one that is not known or has a bad argument."""
    if name.lower() == "regex":
        # Braces are doubled in a template; ASP.NET's expressions do not care for case, nor for the ends.
        return _pattern(argument.replace("{{", "{").replace("}}", "}"))
    make = _CONSTRAINTS.get(name.lower())
    if make is None:
        raise ValueError(f"the route constraint '{name}' is not known")
    try:
        return make(*(int(part) for part in argument.split(",") if part.strip()))
    except (TypeError, ValueError) as error:
        raise ValueError(f"the route constraint '{name}({argument})' has a bad argument") from error


def _number(kind: type[int] | type[float], low: float, high: float) -> Check:
    def check(text: str) -> bool:
        try:
            return "_" not in text and low <= kind(text) <= high
        except ValueError:
            return False

    return check


def _length(low: float, high: float) -> Check:
    return lambda text: low <= len(text) <= high


def _pattern(expression: str) -> Check:
    pattern = re.compile(expression, re.IGNORECASE)
    return lambda text: pattern.search(text) is not None


_CONSTRAINTS: dict[str, Callable[..., Check]] = {
    "int": lambda: _number(int, -(2**31), 2**31 - 1),
    "long": lambda: _number(int, -(2**63), 2**63 - 1),
    "decimal": lambda: _number(float, -_INFINITY, _INFINITY),
    "double": lambda: _number(float, -_INFINITY, _INFINITY),
    "float": lambda: _number(float, -_INFINITY, _INFINITY),
    "min": lambda low: _number(int, low, _INFINITY),
    "max": lambda high: _number(int, -_INFINITY, high),
    "range": lambda low, high: _number(int, low, high),
    "minlength": lambda low: _length(low, _INFINITY),
    "maxlength": lambda high: _length(0, high),
    "length": lambda low, high=None: _length(low, low if high is None else high),
    "bool": lambda: _pattern(r"\A(true|false)\Z"),
    "guid": lambda: _pattern(r"\A\{?[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\}?\Z"),
    "alpha": lambda: _pattern(r"\A[a-z]*\Z"),
    "required": lambda: bool,
}

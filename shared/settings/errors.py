"""What is said of settings that are missing or wrong: all of it at once, and no value."""

from collections.abc import Callable

from pydantic import ValidationError


class SettingsError(Exception):
    """The environment is not usable; the message names every setting that is missing or wrong, and no value."""


def explain(error: ValidationError) -> str:
    """Every mistake in one line: which setting, and what is wrong with it."""
    problems = (
        f"{'.'.join(str(part) for part in found['loc']).upper() or 'SETTINGS'}: {found['msg']}"
        for found in error.errors(include_input=False, include_url=False)
    )
    return "Settings are missing or wrong. " + "; ".join(problems) + "."


def together[A, B](first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """Both, or one `SettingsError` that names the mistakes of both."""
    found: list[A | B] = []
    problems: list[str] = []
    for load in (first, second):
        try:
            found.append(load())
        except SettingsError as error:
            problems.append(str(error))
    if problems:
        raise SettingsError(" ".join(problems))
    return found[0], found[1]  # type: ignore[return-value] # in the order of the calls

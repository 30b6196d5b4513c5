"""What a script may do, as data that hypothesis chooses and prints."""

from dataclasses import dataclass

from hypothesis import strategies as st

REGISTRIES = ("quay", "pier")
USERS = ("ann", "bob", "cy")
REGISTRY_CHANGES = ("put", "put", "put otherwise", "delete", "restore", "restore", "purge")
USER_CHANGES = (
    "rotate",
    "put",
    "send a password",
    "send a hash",
    "send the same password",
    "describe",
    "delete",
)
CONDITIONS = (None, None, None, "its etag", "another etag")
UPSETS = (
    "kill the Functions host",
    "kill the registry quay",
    "kill the registry pier",
    "restart the emulator",
    "restart Azurite",
)


@dataclass(frozen=True)
class ChangeRegistry:
    """A request about a registry; `wait` for the end of its operation, if it begins one."""

    name: str
    change: str
    wait: bool


@dataclass(frozen=True)
class ChangeUser:
    """A request about a user, with the description `about` where it sends one."""

    name: str
    user: str
    change: str
    condition: str | None
    about: str
    wait: bool


@dataclass(frozen=True)
class Repeat:
    """The last request that began an operation, once more; or an `other` one with the same id."""

    other: bool


@dataclass(frozen=True)
class Look:
    """What is shown in between is what was acknowledged, whatever is still under way."""

    name: str


@dataclass(frozen=True)
class Upset:
    """A process ends, `delay` seconds from now, while the script goes on."""

    what: str
    delay: float


@dataclass(frozen=True)
class Settle:
    """When every operation has ended there is no difference left."""


type AnyStep = ChangeRegistry | ChangeUser | Repeat | Look | Upset | Settle

_registries = st.sampled_from((REGISTRIES[0], *REGISTRIES))
_change_user = st.builds(
    ChangeUser,
    _registries,
    st.sampled_from(USERS),
    st.sampled_from(USER_CHANGES),
    st.sampled_from(CONDITIONS),
    st.sampled_from(["builds", "pulls"]),
    st.sampled_from([True, True, False]),
)
_change_registry = st.builds(ChangeRegistry, _registries, st.sampled_from(REGISTRY_CHANGES), st.booleans())
_upset = st.builds(Upset, st.sampled_from(UPSETS), st.sampled_from([0.0, 0.01, 0.05, 0.3]))
_kinds: list[tuple[int, st.SearchStrategy[AnyStep]]] = [
    (1, st.builds(Look, _registries)),  # the simplest step comes first, and it costs least
    (9, _change_user),
    (5, _change_registry),
    (3, _upset),
    (1, st.builds(Repeat, st.booleans())),
    (1, st.builds(Settle)),
]
STEPS = st.sampled_from([kind for weight, kind in _kinds for _ in range(weight)]).flatmap(lambda kind: kind)
"""One strategy with weights: rules of their own would be switched off at random, and the examples are few."""

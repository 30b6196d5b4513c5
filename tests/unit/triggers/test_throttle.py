"""Throttling: exactly as many as the limit in any 60 seconds, for each caller, and no more memory than that."""

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import ApiError
from shared.triggers import throttle
from shared.triggers.throttle import MAX_CALLERS, Throttle

START = 1_700_000_000.0
TICK = 7 / 16
"""Seconds; exact in binary, and no number of them is a minute: on the very edge the library is of two minds."""
MINUTE = 60


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = START

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for place in ("limits.storage.memory.time", "shared.triggers.throttle.time"):
        monkeypatch.setattr(place, clock)
    return clock


def refusal(limit: Throttle, actor: str, per_minute: int) -> ApiError | None:
    try:
        limit.admit(actor, per_minute)
    except ApiError as error:
        return error
    return None


def writes() -> Throttle:
    return Throttle("writes", "WRITES_PER_MINUTE")


def test_one_more_than_the_limit_is_refused_until_the_first_is_a_minute_old(clock: Clock) -> None:
    limit = writes()
    for _ in range(3):
        limit.admit("key:a", 3)
        clock.now += 10
    assert refusal(limit, "key:a", 3)
    clock.now = START + MINUTE + TICK
    assert refusal(limit, "key:a", 3) is None
    assert refusal(limit, "key:a", 3), "only the first of the three has gone"


def test_the_answer_says_which_limit_whose_and_when(clock: Clock) -> None:
    limit = writes()
    limit.admit("key:a", 1)
    clock.now += 17.5
    error = refusal(limit, "key:a", 1)
    assert error
    assert (error.status, error.code, error.target) == (429, "TooManyRequests", "WRITES_PER_MINUTE")
    assert error.headers == {"Retry-After": "43"}
    assert "key:a has sent 1 writes in the last 60 seconds" in error.message
    assert "in 43 seconds" in error.fix


def test_one_caller_s_requests_are_not_counted_against_another(clock: Clock) -> None:
    _ = clock
    limit = writes()
    limit.admit("key:a", 1)
    assert refusal(limit, "key:a", 1)
    assert refusal(limit, "key:b", 1) is None


def test_zero_is_no_limit(clock: Clock) -> None:
    _ = clock
    limit = writes()
    assert not any(refusal(limit, "key:a", 0) for _ in range(1000))


@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.integers(0, 100), st.sampled_from("ab")), min_size=1, max_size=60),
)
def test_any_sequence_of_requests_is_judged_by_the_rule(
    per_minute: int, requests: list[tuple[int, str]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        for place in ("limits.storage.memory.time", "shared.triggers.throttle.time"):
            patch.setattr(place, clock)
        limit, taken = writes(), defaultdict[str, list[float]](list)
        for ticks, actor in requests:
            clock.now += ticks * TICK
            recent = [at for at in taken[actor] if at >= clock.now - MINUTE]
            error = refusal(limit, actor, per_minute)
            assert bool(error) == (len(recent) >= per_minute)
            if error is None:
                taken[actor].append(clock.now)
                continue
            wait = int(error.headers["Retry-After"])
            until_free = recent[-per_minute] + MINUTE - clock.now
            assert until_free < wait <= until_free + 1, "whole seconds, rounded up, and then there is room"


def test_memory_is_bounded_and_the_longest_silent_caller_is_forgotten_first(clock: Clock) -> None:
    _ = clock
    limit = writes()
    limit.admit("key:old", 1)
    for number in range(MAX_CALLERS - 1):
        limit.admit(f"key:{number}", 1)
        assert refusal(limit, "key:old", 1), "as long as it is heard of, it is remembered"
    for number in range(MAX_CALLERS):
        limit.admit(f"key:new-{number}", 1)
    assert limit._window.cache_info().currsize == MAX_CALLERS
    assert refusal(limit, "key:old", 1) is None


def test_many_at_once_are_counted_each() -> None:
    limit = writes()
    with ThreadPoolExecutor(16) as pool:
        outcomes = Counter(pool.map(lambda _: refusal(limit, "key:a", 50) is None, range(200)))
    assert outcomes == {True: 50, False: 150}


def test_only_a_write_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SimpleNamespace(writes_per_minute=1)
    monkeypatch.setattr(throttle, "services", lambda: SimpleNamespace(settings=settings))
    monkeypatch.setattr(throttle, "_writes", writes())

    for _ in range(5):
        throttle.admit("key:a", writes=False, shows_secret=False)
    throttle.admit("key:a", writes=True, shows_secret=False)
    throttle.admit("key:a", writes=False, shows_secret=False)
    with pytest.raises(ApiError):
        throttle.admit("key:a", writes=True, shows_secret=False)

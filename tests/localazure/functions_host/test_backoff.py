"""The wait of an idle poller."""

import pytest

from localazure.functions_host.backoff import Backoff


def test_it_starts_at_100_ms_doubles_at_random_and_stays_at_the_longest() -> None:
    backoff = Backoff(2.0)
    delays = [backoff.next_delay(found=False) for _ in range(9)]
    assert delays[0] == pytest.approx(0.1)
    for exponent, delay in enumerate(delays[1:5]):
        assert 0.1 + 0.8 * 2**exponent * 0.1 <= delay <= 0.1 + 1.2 * 2**exponent * 0.1
    assert delays[-3:] == [2.0, 2.0, 2.0]


def test_a_message_starts_it_again() -> None:
    backoff = Backoff(1.0)
    for _ in range(9):
        backoff.next_delay(found=False)
    assert backoff.next_delay(found=True) == pytest.approx(0.1)
    assert 0.1 < backoff.next_delay(found=False) < 0.3


def test_it_never_waits_longer_than_it_may() -> None:
    backoff = Backoff(0.05)
    assert [backoff.next_delay(found=found) for found in (False, True, False)] == [0.05, 0.05, 0.05]

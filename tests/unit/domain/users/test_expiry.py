"""When a login ends: which durations and times are understood, and what a repeat of the same request means."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.domain.errors import ApiError
from shared.domain.users.expiry import MOST_LIFE, MOST_OVERLAP, NEVER, Expiry, ExpirySpec, shown_duration
from shared.domain.users.user_spec import RotateSpec, UserSpec
from tests.unit.domain.examples import NOW

DAY = timedelta(days=1)
LATER = (NOW + 90 * DAY).replace(microsecond=678000)
"""Ninety days from now, as it is shown."""


def problems(body: dict[str, Any], model: type[ExpirySpec] = UserSpec) -> dict[str, str]:
    """The codes by field, where every field is refused."""
    with pytest.raises(ValidationError) as refused:
        model.model_validate(body)
    found = refused.value.errors(include_input=False, include_url=False)
    assert all(each["ctx"]["fix"] for each in found)
    return {str(each["loc"][0]): each["type"] for each in found}


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("P90D", 90 * DAY),
        ("P1W", 7 * DAY),
        ("PT24H", DAY),
        ("PT90M", timedelta(minutes=90)),
        ("PT2S", timedelta(seconds=2)),
        ("P1DT12H", 1.5 * DAY),
        ("P3M", 90 * DAY),
        ("P1Y", 365 * DAY),
        ("P1Y2M3W4DT5H6M7S", timedelta(days=450, hours=5, minutes=6, seconds=7)),
        ("P3653D", MOST_LIFE),
    ],
)
def test_a_duration_is_read_as_iso_8601(text: str, duration: timedelta) -> None:
    assert UserSpec.model_validate({"expiresAfter": text}).expires_after == duration


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "P",
            "PT",
            "P1DT",
            "p90d",
            "90 days",
            "90",
            "P1H",
            "P1.5D",
            "PT0.5S",
            "-P1D",
            "P-1D",
            " P1D",
            "P1D\n",
        ),
        *("P0D", "PT0S", "P3654D", "P9999Y9999M", "P99999D", "P99999999999999D", "1 00:00:00", "٣P1D", "P٣D"),
        *(90, 1.5, True, ["P1D"], {"days": 1}),
    ],
)
def test_anything_else_is_no_duration(value: object) -> None:
    assert problems({"expiresAfter": value}) == {"expiresAfter": "InvalidDuration"}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-01-31T18:00:00Z", datetime(2027, 1, 31, 18, tzinfo=UTC)),
        ("2027-01-31t18:00:00z", datetime(2027, 1, 31, 18, tzinfo=UTC)),
        ("2027-01-31T18:00Z", datetime(2027, 1, 31, 18, tzinfo=UTC)),
        ("2027-01-31T18:00:00+01:00", datetime(2027, 1, 31, 17, tzinfo=UTC)),
        ("2027-01-31T18:00:00.123456789Z", datetime(2027, 1, 31, 18, 0, 0, 123000, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_with_its_zone_and_kept_as_it_will_be_shown(text: str, moment: datetime) -> None:
    assert UserSpec.model_validate({"expiresOn": text}).expires_on == moment


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "tomorrow",
            "2027-01-31",
            "2027-01-31T18:00:00",
            "2027-02-30T00:00:00Z",
            "2027-01-31T24:00:00Z",
        ),
        *("2027-01-31 18:00:00Z", "2027-W01-1T00:00:00Z", "1800000000", "2027-01-31T18:00:00+99:00"),
        *(
            "9999-12-31T23:59:59-23:00",
            "0001-01-01T00:00:00+23:00",
            "2027-01-31T18:00:00Z\n",
            1800000000,
            True,
            [],
        ),
    ],
)
def test_anything_else_is_no_time(value: object) -> None:
    assert problems({"expiresOn": value}) == {"expiresOn": "InvalidTime"}


@pytest.mark.parametrize("value", ["PT0S", "P91D", "P1Y", "PT2161H"])
def test_an_overlap_has_an_end_of_its_own(value: str) -> None:
    assert problems({"overlap": value}, RotateSpec) == {"overlap": "InvalidDuration"}
    assert RotateSpec.model_validate({"overlap": "P90D"}).overlap == MOST_OVERLAP


def test_every_bad_field_is_named_at_once() -> None:
    body = {"expiresAfter": "soon", "expiresOn": "later", "disabled": "no", "password": "short"}
    with pytest.raises(ValidationError) as refused:
        UserSpec.model_validate(body)
    assert {each["loc"][0] for each in refused.value.errors()} == set(body)


def test_a_duration_and_a_time_together_are_refused_and_one_of_them_may_be_null() -> None:
    both = {"expiresAfter": "P1D", "expiresOn": "2027-01-31T18:00:00Z"}
    assert problems(both) == {"expiresOn": "TwoExpiries"}
    for field in both:
        UserSpec.model_validate({**both, field: None})


@given(
    st.timedeltas(timedelta(0), MOST_LIFE).map(lambda value: timedelta(seconds=int(value.total_seconds())))
)
def test_a_duration_that_is_shown_means_the_same_when_it_comes_back(duration: timedelta) -> None:
    text = shown_duration(duration)
    assert TypeAdapter(timedelta).validate_python(text) == duration
    if duration:
        assert UserSpec.model_validate({"expiresAfter": text}).expires_after == duration


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (90 * DAY, "P90D"),
        (DAY, "P1D"),
        (1.5 * DAY, "P1DT12H"),
        (timedelta(seconds=2), "PT2S"),
        (timedelta(hours=1, seconds=1), "PT1H1S"),
        (timedelta(0), "PT0S"),
    ],
)
def test_a_duration_is_shown_in_days_and_less(duration: timedelta, text: str) -> None:
    assert shown_duration(duration) == text


# what a request makes of what is there


AFTER_90 = Expiry(LATER, 90 * DAY)
FIXED = Expiry(LATER)
WEEK_LATER = NOW + 7 * DAY


def asked(
    body: dict[str, Any], present: Expiry = NEVER, now: datetime = NOW, *, new_secret: bool = False
) -> Expiry:
    return UserSpec.model_validate(body).expiry(present, now, new_secret=new_secret)


def test_a_duration_counts_from_now() -> None:
    assert asked({"expiresAfter": "P90D"}) == AFTER_90


@pytest.mark.parametrize("now", [NOW, WEEK_LATER, LATER, LATER + DAY])
@pytest.mark.parametrize("text", ["P90D", "PT2160H"])
def test_the_same_duration_again_moves_nothing_not_even_when_it_is_over(text: str, now: datetime) -> None:
    assert asked({"expiresAfter": text}, AFTER_90, now) == AFTER_90


def test_the_same_duration_with_a_new_secret_begins_anew() -> None:
    renewed = asked({"expiresAfter": "P90D"}, AFTER_90, WEEK_LATER, new_secret=True)
    assert renewed == Expiry(LATER + 7 * DAY, 90 * DAY)


def test_another_duration_counts_from_now() -> None:
    expected = (WEEK_LATER + DAY).replace(microsecond=678000)
    for present in (AFTER_90, FIXED, NEVER):
        assert asked({"expiresAfter": "P1D"}, present, WEEK_LATER) == Expiry(expected, DAY)


@pytest.mark.parametrize("present", [AFTER_90, FIXED, NEVER])
def test_absent_keeps_and_null_resets(present: Expiry) -> None:
    assert asked({}, present) == present
    assert asked({}, present, new_secret=True) == present
    assert asked({"expiresAfter": None}, present) == asked({"expiresOn": None}, present) == NEVER


def test_a_time_that_is_sent_stands_in_place_of_the_duration() -> None:
    assert asked({"expiresOn": "2026-06-01T00:00:00Z"}, AFTER_90) == Expiry(datetime(2026, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize("present", [AFTER_90, FIXED])
@pytest.mark.parametrize("now", [NOW, LATER + DAY])
def test_the_time_that_is_shown_can_be_sent_back(present: Expiry, now: datetime) -> None:
    shown = LATER.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert asked({"expiresOn": shown}, present, now) == present


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-01-02T03:04:05Z", "passed"),
        ("2020-01-01T00:00:00Z", "passed"),
        ("2036-06-01T00:00:00Z", "3653 days"),
        ("9999-12-31T23:59:59Z", "3653 days"),
    ],
)
def test_a_time_that_has_passed_or_is_too_far_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(ApiError) as caught:
        asked({"expiresOn": text})
    assert (caught.value.status, caught.value.code, caught.value.target) == (
        400,
        "InvalidExpiry",
        "expiresOn",
    )
    assert said in caught.value.message
    assert caught.value.fix


def test_a_new_secret_renews_a_duration_and_leaves_a_time() -> None:
    assert AFTER_90.renewed(WEEK_LATER) == Expiry(LATER + 7 * DAY, 90 * DAY)
    assert FIXED.renewed(WEEK_LATER) == FIXED
    assert NEVER.renewed(WEEK_LATER) == NEVER


def test_an_overlap_never_makes_a_login_live_longer() -> None:
    assert NEVER.no_later_than(LATER) == Expiry(LATER)
    assert Expiry(LATER + DAY, DAY).no_later_than(LATER) == Expiry(LATER, DAY)
    assert Expiry(LATER - DAY).no_later_than(LATER) == Expiry(LATER - DAY)


def test_it_is_over_from_the_very_moment() -> None:
    assert FIXED.is_over(LATER)
    assert not FIXED.is_over(LATER - timedelta(milliseconds=1))
    assert not NEVER.is_over(datetime.max.replace(tzinfo=UTC))

"""A mute: what may be asked for, when it ends, and whom it keeps quiet."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from shared.domain.errors import ApiError
from shared.domain.health.mute import LONGEST, MAX_REASON, Mute, MuteSpec
from tests.unit.domain.examples import NOW

DAY = timedelta(days=1)
VALIDATOR = Draft202012Validator(MuteSpec.model_json_schema(by_alias=True))


def spec(**fields: Any) -> MuteSpec:
    return MuteSpec.model_validate({"reason": "the network moves", **fields})


def problems(body: dict[str, Any]) -> dict[str, str]:
    """The codes by field, where every field is refused."""
    with pytest.raises(ValidationError) as refused:
        MuteSpec.model_validate(body)
    return {str(each["loc"][0]): each["type"] for each in refused.value.errors()}


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({"for": "PT2H"}, NOW + timedelta(hours=2)),
        ({"for": "P30D"}, NOW + LONGEST),
        ({"for": "PT2H", "until": None}, NOW + timedelta(hours=2)),
        ({"until": (NOW + DAY).isoformat()}, NOW + DAY),
        ({"until": (NOW + LONGEST).isoformat(), "for": None}, NOW + LONGEST),
    ],
)
def test_it_ends_as_asked_in_whole_milliseconds(fields: dict[str, Any], end: datetime) -> None:
    assert spec(**fields).end(NOW) == end.replace(microsecond=end.microsecond // 1000 * 1000)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, {"until": "OneEnd", "reason": "missing"}),
        ({"reason": "r"}, {"until": "OneEnd"}),
        ({"reason": "r", "for": None, "until": None}, {"until": "OneEnd"}),
        ({"reason": "r", "for": "PT1H", "until": NOW.isoformat()}, {"until": "OneEnd"}),
        ({"reason": "r", "for": "P31D"}, {"for": "InvalidDuration"}),
        ({"reason": "r", "for": "PT0S"}, {"for": "InvalidDuration"}),
        ({"reason": "r", "for": 60}, {"for": "InvalidDuration"}),
        ({"reason": "r", "until": "tomorrow"}, {"until": "InvalidTime"}),
        ({"reason": "", "for": "two hours"}, {"reason": "InvalidReason", "for": "InvalidDuration"}),
        ({"reason": " \u2003", "for": "PT1H"}, {"reason": "InvalidReason"}),
        ({"reason": "a\nb", "for": "PT1H"}, {"reason": "InvalidReason"}),
        ({"reason": "a\u202eb", "for": "PT1H"}, {"reason": "InvalidReason"}),
        ({"reason": "r" * (MAX_REASON + 1), "for": "PT1H"}, {"reason": "InvalidReason"}),
        ({"reason": "r", "for": "PT1H", "who": "me"}, {"who": "extra_forbidden"}),
    ],
)
def test_every_bad_field_is_named(body: dict[str, Any], found: dict[str, str]) -> None:
    assert problems(body) == found
    assert not VALIDATOR.is_valid(body) or found.keys() == {"for"}  # a schema can't tell how long P31D is


LINES = st.text(max_size=MAX_REASON + 5).filter(lambda text: not text.endswith("\n"))
"""In Python's patterns `$` stands before a last line break, too; in a schema's it does not."""


@given(LINES)
def test_the_schema_takes_just_the_reasons_that_are_taken(reason: str) -> None:
    body = {"reason": reason, "for": "PT1H"}
    try:
        MuteSpec.model_validate(body)
        taken = True
    except ValidationError:
        taken = False
    assert VALIDATOR.is_valid(body) is taken


@pytest.mark.parametrize(
    ("until", "says"),
    [
        (NOW, "has passed already"),
        (NOW - timedelta(seconds=1), "has passed already"),
        (NOW + LONGEST + timedelta(seconds=1), "more than 30 days away"),
    ],
)
def test_an_end_that_is_over_or_too_far_is_refused(until: datetime, says: str) -> None:
    with pytest.raises(ApiError, match=says) as refused:
        spec(until=until.isoformat()).end(NOW)
    assert (refused.value.status, [problem.target for problem in refused.value.details]) == (400, ["until"])


@pytest.mark.parametrize(
    ("uid", "seconds", "holds"), [("u1", 3599, True), ("u1", 3600, False), ("u2", 0, False)]
)
def test_it_keeps_quiet_one_incarnation_until_it_ends(uid: str, seconds: float, holds: bool) -> None:
    mute = Mute(uid="u1", until=NOW + timedelta(hours=1), reason="r", by="key:ci", at=NOW)
    assert mute.holds(uid, NOW + timedelta(seconds=seconds)) is holds

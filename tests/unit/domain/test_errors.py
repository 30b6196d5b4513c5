"""Errors tell their reader what is wrong and what to do next."""

import pytest

from shared.domain.errors import (
    ApiError,
    DependencyError,
    OperationInProgressError,
    PermanentError,
    Problem,
    TemporaryError,
    bad_request,
    not_found,
    precondition_failed,
)

SKU = Problem("NotAllowed", "sku", "sku: It is not allowed here.", "Use B1.")
TAGS = Problem("InvalidType", "tags", "tags: It must be an object.", "Send an object.")


def test_one_bad_field_is_the_error_itself() -> None:
    error = bad_request([SKU])
    assert (error.status, error.code, error.message, error.fix, error.target) == (
        400,
        "NotAllowed",
        "sku: It is not allowed here.",
        "Use B1.",
        "sku",
    )
    assert error.details == (SKU,), "a client that reads details finds it there, too"


def test_several_bad_fields_are_all_named_in_the_order_they_were_found() -> None:
    error = bad_request([TAGS, SKU])
    assert (error.status, error.code, error.target) == (400, "InvalidRequest", None)
    assert error.message == "2 fields are not valid: tags, sku."
    assert error.details == (TAGS, SKU)
    assert "Nothing was changed" in error.fix


def test_what_is_not_there_has_its_nearest_name_or_a_way_to_create_it() -> None:
    near = not_found("Registry", "paymets", "payments", "PUT it.")
    assert (near.status, near.code, near.target) == (404, "RegistryNotFound", "paymets")
    assert near.message == "There is no registry named 'paymets'."
    assert "'payments'" in near.fix
    assert "PUT it." not in near.fix
    assert not_found("User", "ci", None, "PUT it.").fix == "PUT it."


@pytest.mark.parametrize(
    ("header", "actual", "words"),
    [("If-Match", '"a.2"', 'its etag is "a.2"'), ("If-Match", None, "it does not exist")],
)
def test_a_condition_that_does_not_hold_says_what_is_so(header: str, actual: str | None, words: str) -> None:
    error = precondition_failed(header, actual)
    assert (error.status, error.code, error.target) == (412, "ConditionNotMet", header)
    assert words in error.message
    assert "Nothing was changed" in error.message


def test_who_comes_second_is_told_where_to_wait() -> None:
    error = OperationInProgressError("demo.01", "CreateRegistry", "demo")
    assert (error.status, error.code, error.target, error.operation_id) == (
        409,
        "OperationInProgress",
        "demo.01",
        "demo.01",
    )
    assert "/api/operations/demo.01" in error.fix
    assert "CreateRegistry" in error.message


def test_errors_do_not_share_their_headers() -> None:
    first, second = ApiError(400, "A", "m", "f"), ApiError(400, "A", "m", "f")
    first.headers["Retry-After"] = "1"
    assert second.headers == {}


def test_errors_of_a_turn_read_well_in_a_log() -> None:
    assert str(PermanentError("QuotaExceeded", "No more plans.", "Ask for more.")) == (
        "QuotaExceeded: No more plans."
    )
    assert str(TemporaryError("Throttled", "429", 7)) == "Throttled: 429"
    assert str(DependencyError("table", "timeout")) == "table: timeout"


def test_a_permanent_error_becomes_the_operation_s_error_as_it_is() -> None:
    """The operation is ended with `OperationError(**vars(error))`: these are all its fields."""
    assert vars(PermanentError("C", "m", "f")) == {"code": "C", "message": "m", "fix": "f"}


def test_when_to_come_back_is_told() -> None:
    assert TemporaryError("Throttled", "429", 7).retry_after == 7
    assert DependencyError("table", "timeout").retry_after > 0

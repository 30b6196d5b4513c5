"""Errors, as callers see them."""

from shared.domain.errors import ApiError
from shared.triggers.answer_models.errors import ErrorAnswer, ErrorView, ProblemView


def error_view(error: ApiError) -> ErrorAnswer:
    """What is wrong, and what to do."""
    optional: dict[str, object] = {}
    if error.target:
        optional["target"] = error.target
    if error.details:
        optional["details"] = [ProblemView(**vars(problem)) for problem in error.details]
    return ErrorAnswer(error=ErrorView(code=error.code, message=error.message, fix=error.fix, **optional))

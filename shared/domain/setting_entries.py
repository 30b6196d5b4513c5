"""What a setting that is a JSON list consists of. No error repeats a value: it may be a secret in the wrong place."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


class SettingEntry(BaseModel):
    """One entry of such a list."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def has_known_fields(cls, given: Any) -> Any:
        """Unknown ones are not repeated."""
        if not isinstance(given, dict):
            what = cls.__name__.lower()
            raise PydanticCustomError("InvalidEntry", "A {what} is an object", {"what": what})
        if unknown := len(given.keys() - cls.model_fields.keys()):
            raise PydanticCustomError(
                "UnknownField",
                "{unknown} unknown of its fields; known are {known}",
                {"unknown": unknown, "known": ", ".join(cls.model_fields)},
            )
        return given

"""Which version the rows of the state table have: written by the release that has brought them there.

1: the first release, which kept no version.
2: every entry of the audit is also in the table `audit`, by day.
"""

from shared.domain.errors import ApiError
from shared.domain.records import Record

NEWEST = 2
"""What this release writes and reads."""


class SchemaVersion(Record):
    """The one row about it. `after`: how far the upgrade to the next version has come, by partition."""

    version: int = 1
    after: str = ""

    @property
    def key(self) -> str:
        return "version"


class SchemaTooNewError(ApiError):
    """503: a newer release has written here, and what this one wrote could be wrong for it."""

    def __init__(self, version: int) -> None:
        super().__init__(
            503,
            "SchemaTooNew",
            f"The state has schema version {version}; this release knows {NEWEST}. Nothing was changed.",
            "Deploy the newer release again. It is safe: an upgrade that was interrupted goes on.",
            headers={"Retry-After": "60"},
        )

"""Roles: what a caller may do."""

from enum import StrEnum


class Role(StrEnum):
    """From little to everything. `Member` stands aside: it is about the user of the caller's own name."""

    READER = "Reader"
    MEMBER = "Member"
    OPERATOR = "Operator"
    ADMIN = "Admin"

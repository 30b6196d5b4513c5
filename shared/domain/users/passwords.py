"""Passwords: made here, shown once, kept only as bcrypt.

Distribution checks bcrypt on every single request and caches nothing, so the cost is paid on each one. A secret
of 160 random bits or more needs no slow hash: cost 5, the cost of Distribution's own dummy hash, so that an
unknown user takes as long as a known one. What a person chose gets cost 10, and a warning.
"""

import re
import secrets
import string

import bcrypt
from pydantic_core import PydanticCustomError

ALPHABET = string.ascii_letters + string.digits
"""Safe in shells, URLs and YAML."""
GENERATED_LENGTH = 32
"""32 characters of 62: 190 bits. The first is a letter, so that YAML never reads a number."""
MIN_BYTES, MAX_BYTES = 12, 72
"""bcrypt ignores what follows byte 72, so a longer password would promise what it does not hold."""
RANDOM_LENGTH = 32
"""From this many characters on, a sent password is taken as random."""
RANDOM_COST, CHOSEN_COST, SLOW_COST = 5, 10, 8

HASH = r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}"
PASSWORD = rf"[ -~]{{{MIN_BYTES},{MAX_BYTES}}}"
"""Of ASCII: clients do not agree on how Basic authentication sends other characters (RFC 7617, section 2.1)."""
_MILLISECONDS = {9: 40, 10: 80, 11: 160, 12: 320}


def generate_password() -> str:
    """A new secret of 190 bits."""
    tail = "".join(secrets.choice(ALPHABET) for _ in range(GENERATED_LENGTH - 1))
    return secrets.choice(string.ascii_letters) + tail


def cost_of(password: str) -> int:
    """The bcrypt cost for this password."""
    return RANDOM_COST if len(password) >= RANDOM_LENGTH else CHOSEN_COST


def hash_password(password: str, cost: int) -> str:
    """A bcrypt hash that Distribution reads."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()


def matches(password: str, password_hash: str) -> bool:
    """Is this the password behind that hash? Takes as long as the hash's cost says.

    `False` also for a salt with stray bits in its last character: Distribution reads it, bcrypt's library does not.
    """
    try:
        return bcrypt.checkpw(password.encode(), password_hash.encode())
    except ValueError:
        return False


def hash_cost(password_hash: str) -> int:
    """The cost written in a bcrypt hash."""
    return int(password_hash[4:6])


def hash_milliseconds(cost: int) -> int:
    """About how much CPU one check takes, for costs above `SLOW_COST`."""
    return _MILLISECONDS.get(cost) or 80 << (cost - 10)


def is_bcrypt(password_hash: str) -> bool:
    """Is it a bcrypt hash that Distribution reads ($2a $2b $2y, cost 4-31)?"""
    return re.fullmatch(HASH, password_hash) is not None


def slow_hash_warning(cost: int) -> str | None:
    """What a hash of this cost does to every request, or `None` if it does no harm."""
    if cost <= SLOW_COST:
        return None
    return (
        f"The registry checks bcrypt on every request, and at cost {cost} one check takes about "
        f"{hash_milliseconds(cost)} ms "
        "of CPU; pushing one image takes dozens. Let the password be generated, or send "
        f"{RANDOM_LENGTH} random characters or more: those get cost {RANDOM_COST}."
    )


def check_password(value: str | None) -> str | None:
    """Returns `value`; raises a validation error that never quotes it."""
    if value is None:
        return None
    if not re.fullmatch(PASSWORD, value):
        raise PydanticCustomError(
            "InvalidPassword",
            "A password has {low} to {high} printable ASCII characters, this one has {size} characters",
            {
                "low": MIN_BYTES,
                "high": MAX_BYTES,
                "size": len(value),
                "fix": "Take out line breaks and letters beyond ASCII, or leave it out to get a generated one.",
            },
        )
    return value


def check_hash(value: str | None) -> str | None:
    """Returns `value`; raises unless it is a bcrypt hash that Distribution reads."""
    if value is None:
        return None
    if not is_bcrypt(value):
        raise PydanticCustomError(
            "InvalidPasswordHash",
            "passwordHash is not a bcrypt hash that the registry reads",
            {"fix": "Make one with: htpasswd -nbB -C 5 user password (the part behind the colon)."},
        )
    return value

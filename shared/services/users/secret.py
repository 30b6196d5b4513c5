"""The secret of one request: generated, sent as a password, or sent as a hash."""

from shared.domain.users.passwords import (
    CHOSEN_COST,
    RANDOM_COST,
    cost_of,
    generate_password,
    hash_cost,
    hash_password,
    matches,
)
from shared.domain.users.user_spec import UserSpec


class Secret:
    """Hashed once, however often a transaction is tried again."""

    def __init__(self, spec: UserSpec, *, generate: bool) -> None:
        self.generated = generate_password() if generate and not spec.has_secret else None
        self._sent, self._hash = spec.password, spec.password_hash

    def hash(self) -> str:
        """The hash to store."""
        if self._hash is None:
            password = self.generated or self._sent or generate_password()
            self._hash = hash_password(password, RANDOM_COST if self.generated else cost_of(password))
        return self._hash

    def is_new(self, present: str) -> bool:
        """Does it differ from the stored one? A bcrypt check happens only where a password was sent."""
        if self.generated or not present:
            return True
        if self._sent is not None:
            # a hash that was sent may cost days to check: the password then counts as new
            return hash_cost(present) > CHOSEN_COST or not matches(self._sent, present)
        return self._hash is not None and self._hash != present

"""Access keys, and what a presented key allows."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localazure.functions_host.errors import StartError
from localazure.functions_host.functions import AuthLevel


@dataclass(frozen=True)
class Keys:
    """The master key and the host-level function keys (name to key)."""

    master_key: str
    function_keys: Mapping[str, str]

    @classmethod
    def load(cls, path: Path) -> "Keys":
        """Read `{"masterKey": "...", "functionKeys": {"default": "..."}}`. Raises StartError."""
        problem = f'{path}: must be {{"masterKey": "...", "functionKeys": {{"default": "..."}}}}'
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            keys = cls(document["masterKey"], dict(document["functionKeys"]))
        except OSError as error:
            raise StartError(f"{path}: the keys file cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise StartError(problem) from error
        if not all(isinstance(key, str) and key for key in keys.all()):
            raise StartError(problem)
        return keys

    def all(self) -> list[str]:
        """Every key, for what must not show them."""
        return [self.master_key, *self.function_keys.values()]

    def level_of(self, presented: str | None) -> AuthLevel:
        """What a key opens; no key and a wrong key open what is anonymous."""
        if _same(presented, self.master_key):
            return AuthLevel.ADMIN
        # A list, so that every key is compared even after a match.
        if any([_same(presented, key) for key in self.function_keys.values()]):  # noqa: C419 - see above
            return AuthLevel.FUNCTION
        return AuthLevel.ANONYMOUS


def _same(presented: str | None, key: str) -> bool:
    return hmac.compare_digest((presented or "").encode(), key.encode())

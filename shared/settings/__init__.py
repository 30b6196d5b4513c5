"""All settings, read from the environment once, every mistake named at once. `docs/operations.md` explains them."""

from shared.settings.errors import SettingsError, together
from shared.settings.model import Settings

__all__ = ["Settings", "SettingsError", "together"]

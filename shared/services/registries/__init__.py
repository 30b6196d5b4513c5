"""Registries: what is asked of them, and the turns that bring it about."""

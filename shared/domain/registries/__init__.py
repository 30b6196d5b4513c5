"""Registries: what may be asked of one, its row, and what a change of it does."""

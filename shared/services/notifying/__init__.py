"""Tells people, at least once, at every sink that wants to know."""

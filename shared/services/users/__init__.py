"""Users of a registry: what changes them, how they are found, and one-time links."""

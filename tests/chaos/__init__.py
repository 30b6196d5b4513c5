"""Chaos: every step of every scenario, every fault, and what must be true afterwards. See docs/reliability.md."""

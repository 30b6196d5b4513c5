"""Chat-ops: what a command does, who may, and what is remembered of a conversation."""

"""Chat-ops: what a command does, who may, and what is remembered of a conversation.

No module here has rules of its own for registries, users or health: each command asks the service that the HTTP
function asks which does the same.
"""

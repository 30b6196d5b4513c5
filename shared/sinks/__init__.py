"""Adapters that tell people and machines outside: Slack, Teams, webhooks, the heartbeat."""

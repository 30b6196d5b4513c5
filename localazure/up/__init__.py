"""Runs Azurite, the emulator, a double of Slack and the Functions host as four processes: `scripts/up`."""

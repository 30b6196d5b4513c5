"""Runs Azurite, the emulator and the Functions host as three processes: `scripts/up`."""

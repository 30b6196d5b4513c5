"""Faults on demand: the emulator misbehaves as the cloud does, where and as often as a test says."""

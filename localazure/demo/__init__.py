"""The life of a registry, shown on a local Azure: `scripts/demo`."""

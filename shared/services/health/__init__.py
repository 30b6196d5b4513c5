"""What keeps watch over registries: sweeps and their batches, and what is looked at once a day."""

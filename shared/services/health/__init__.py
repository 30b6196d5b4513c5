"""What keeps watch over registries: sweeps, looks, what is kept of them, and what is looked at once a day."""

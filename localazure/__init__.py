"""A small Azure on one machine: Azurite, an emulator of the calls Berthage makes, and a Functions host."""

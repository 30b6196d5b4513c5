"""State and behaviour of the emulated resources; knows no HTTP."""

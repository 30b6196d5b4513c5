"""What is generated in docs/, and the tests that it is up to date. `scripts/docs` writes it."""

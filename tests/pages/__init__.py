"""The status page: its view models, its HTML, and how it looks in a real browser."""

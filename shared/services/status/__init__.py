"""The status page: what it shows, and the links to it."""

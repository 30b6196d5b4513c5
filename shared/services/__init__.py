"""Use cases over the ports. They know no SDK, no HTTP and no settings by name of an environment variable."""

"""Pages for people: rows of a table become view models, and these become HTML. Nothing here reads a table."""

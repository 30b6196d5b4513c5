"""The htpasswd file: published whole, and proven by the registry."""

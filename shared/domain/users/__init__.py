"""Users: what may be asked of one, its row, its passwords, and the htpasswd file."""

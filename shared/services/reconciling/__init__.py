"""What the timer `reconcile` does: one chore a module, and what runs them."""

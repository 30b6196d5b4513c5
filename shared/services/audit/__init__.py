"""The audit: who did what, who was refused, and who reads it."""

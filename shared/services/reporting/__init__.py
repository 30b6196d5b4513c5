"""Reads what a report is made of, keeps reports, and has them delivered."""

"""Reports: from what happened in a period to a verdict, and to text that a person reads."""

"""From what the services return to the models that callers see."""

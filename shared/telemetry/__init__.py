"""What is told about work while it runs: log lines, traces, metrics. Without a backend only the lines are."""

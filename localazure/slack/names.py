"""How the double's process is told what it signs with, and how patient it is."""

SIGNING_SECRET, BOT_TOKEN = "LOCALAZURE_SLACK_SIGNING_SECRET", "LOCALAZURE_SLACK_BOT_TOKEN"
"""In the environment: a command line can be read by everybody on the machine."""
PATIENCE = "LOCALAZURE_SLACK_SECONDS"
"""How long an answer may take. Slack's own three seconds, unless the machine has too much to do."""

"""Chat-ops without a chat: who speaks, what is asked, what is said. No module here knows Slack or Teams."""

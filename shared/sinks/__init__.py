"""How each kind of sink is spoken to. The only modules that know Slack, Teams and webhooks."""

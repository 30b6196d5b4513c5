"""What people are told, who they are, and when it is tried again."""

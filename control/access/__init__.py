"""Who may what: the table of rights, keys for scripts, one-time links, and the token of the emergency stop button."""

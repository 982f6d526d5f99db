"""Sockets: one hub per web process tails the journal, and every client takes frames at its own pace."""

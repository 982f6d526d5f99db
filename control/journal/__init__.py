"""The append-only story of every batch: append in the caller's transaction, read after a number, ring whoever waits."""

"""Figures about batches: how long they take, and how long they will still take."""

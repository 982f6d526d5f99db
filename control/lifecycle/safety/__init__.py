"""Stopping, making safe and clearing: the guards first, the record afterwards."""

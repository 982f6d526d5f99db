"""Backups: one file that holds a whole installation as it was at one moment, and the way back."""

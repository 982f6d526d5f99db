"""The history for staff: every row read-only, searchable, linked with its neighbours."""

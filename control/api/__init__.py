"""The REST API: what pages can do, scripts with a key can do too."""

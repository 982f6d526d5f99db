"""The live pages for people, inside the shell of the admin."""

"""What `manage.py doctor` looks at. It only looks: nothing is changed, nothing is commanded."""

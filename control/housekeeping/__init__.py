"""What has to happen again and again on a station's host: a loop of one-step functions."""

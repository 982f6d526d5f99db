"""What runs inside django-q2: brokers that wake at once, thin tasks, and the supervisor of a batch."""

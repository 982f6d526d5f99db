"""Work at set times: what a schedule may do, when it is due, and that each time is used once."""

"""All writes that change a batch, one verb per function. Admin, API, pages, sockets and commands only call these."""

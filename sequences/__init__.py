"""What is done to a subject: the engine, the packages, and the process that runs one of them."""

"""The synchronization cycle: who is in scope, what happens to each of them, and what the log says about it."""

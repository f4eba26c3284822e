"""What the service will do, and why: pure functions over facts. Nothing here imports Graph."""

"""What is known about Microsoft's service: its clouds, a tenant, and what is assumed, each with its source."""

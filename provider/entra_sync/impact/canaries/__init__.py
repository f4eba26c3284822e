"""A few users who get a new schema first: what is expected of them, and what the service answered."""

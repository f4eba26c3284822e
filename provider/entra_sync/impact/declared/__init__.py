"""A link as a program declares it, and its impact plan."""

"""What a cycle does with one user: decided, carried out in the target, and written down."""

"""What the next cycle does with each person: the actions, those in scope, those who are not, and both together."""

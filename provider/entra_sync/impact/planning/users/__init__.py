"""What the next cycle does with each user: scope, account, values, conflicts, managers."""

"""What operators of links need every day, below the command line: permissions, checks, state, logs and actions."""

"""Commands about links that exist: their state, logs and jobs, and an existing link as a program."""

"""Commands about a Pulumi project: a new one, a demo, checks, and what its preview says."""

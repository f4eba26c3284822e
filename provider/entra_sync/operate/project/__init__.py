"""A Pulumi program on this machine: its stack, what it declares, and the permissions that this needs."""

"""What can be switched on to go wrong: faults, throttling, slow replicas."""

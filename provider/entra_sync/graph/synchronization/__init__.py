"""What is asked about synchronization itself: the clouds that a tenant allows, templates of jobs, and their states."""

"""What programs use: the link, objects of a tenant by name, and both for programs in other languages."""

"""Sign-in: tokens, the login endpoints, permissions."""

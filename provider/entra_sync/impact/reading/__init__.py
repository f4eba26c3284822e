"""All reading of both tenants: users, the link, connections; resumed, cached, and refreshed by delta."""

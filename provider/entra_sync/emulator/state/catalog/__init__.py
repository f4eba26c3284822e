"""What there is in every tenant, or may be: entity types, Graph's own application, subscriptions."""

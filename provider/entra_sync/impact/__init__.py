"""Impact preview: who is created, changed, disabled, deleted or in whose way when a link changes, before it does."""

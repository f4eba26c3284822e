"""Impact preview: who is created, changed, disabled, deleted or in somebody's way when a link changes, before it does."""

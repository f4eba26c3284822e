"""OData as the directory's collections support it."""

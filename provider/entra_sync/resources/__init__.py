"""One file per resource: arguments, handler, resource, in that order."""

"""Values of arguments: unknown ones, large sets of ids, settings declared section by section."""

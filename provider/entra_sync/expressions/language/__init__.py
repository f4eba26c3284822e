"""The expression language: syntax, names, functions, values."""

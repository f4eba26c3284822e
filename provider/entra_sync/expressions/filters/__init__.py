"""Scoping filters: how they are written, and who passes."""

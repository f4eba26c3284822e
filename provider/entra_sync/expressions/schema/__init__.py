"""Attribute mappings, and the synchronization schema that holds them."""

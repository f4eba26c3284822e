"""Tenants with users to try things on."""

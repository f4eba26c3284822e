"""Whom a change of a link touches: snapshots of both tenants, the plan made from them, and what refuses it."""

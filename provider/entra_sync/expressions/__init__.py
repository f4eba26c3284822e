"""Mapping expressions, scoping filters and attribute mappings of Microsoft Entra provisioning."""

from entra_sync.expressions.defaults import default_schema

__all__ = ["default_schema"]

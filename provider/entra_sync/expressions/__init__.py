"""Mapping expressions, scoping filters and attribute mappings of Microsoft Entra provisioning."""

from entra_sync.expressions.defaults import default_schema
from entra_sync.expressions.syntax import Expression
from entra_sync.expressions.syntax import parse_syntax as parse

__all__ = ["Expression", "default_schema", "parse"]

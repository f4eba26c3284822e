"""Mapping expressions, scoping filters and attribute mappings of Microsoft Entra provisioning."""

from entra_sync.expressions.attributes import COMPUTED_ATTRIBUTES, GRAPH_PROPERTIES
from entra_sync.expressions.checks import check_mappings
from entra_sync.expressions.choices import CHOICES, Choice, choices_touched
from entra_sync.expressions.context import Context
from entra_sync.expressions.defaults import default_schema
from entra_sync.expressions.evaluation import EvaluationError, evaluate
from entra_sync.expressions.filters import Clause, FilterGroup, ScopingFilter, all_of, any_of, clause
from entra_sync.expressions.findings import Finding
from entra_sync.expressions.functions import FUNCTIONS
from entra_sync.expressions.mappings import NEVER, AttributeMapping, Mappings, attribute, constant, defaults, expr
from entra_sync.expressions.resolve import parse
from entra_sync.expressions.schema import (
    add_extension,
    merge_schema,
    object_definition,
    object_mapping,
    read_filter,
    read_mappings,
    remove_mapping,
    set_mapping,
    synchronization_rule,
)
from entra_sync.expressions.schema_changes import SchemaChange, same_schema, schema_changes
from entra_sync.expressions.scope import Failure, failing, is_read, passes
from entra_sync.expressions.source import from_source, to_source
from entra_sync.expressions.syntax import Expression
from entra_sync.expressions.table import FunctionDefinition, Parameter
from entra_sync.expressions.values import IGNORE_ATTRIBUTE, IGNORE_OBJECT, Ignored, Value, canonical

__all__ = [
    "CHOICES",
    "COMPUTED_ATTRIBUTES",
    "FUNCTIONS",
    "GRAPH_PROPERTIES",
    "IGNORE_ATTRIBUTE",
    "IGNORE_OBJECT",
    "NEVER",
    "AttributeMapping",
    "Choice",
    "Clause",
    "Context",
    "EvaluationError",
    "Expression",
    "Failure",
    "FilterGroup",
    "Finding",
    "FunctionDefinition",
    "Ignored",
    "Mappings",
    "Parameter",
    "SchemaChange",
    "ScopingFilter",
    "Value",
    "add_extension",
    "all_of",
    "any_of",
    "attribute",
    "canonical",
    "check_mappings",
    "choices_touched",
    "clause",
    "constant",
    "default_schema",
    "defaults",
    "evaluate",
    "expr",
    "failing",
    "from_source",
    "is_read",
    "merge_schema",
    "object_definition",
    "object_mapping",
    "parse",
    "passes",
    "read_filter",
    "read_mappings",
    "remove_mapping",
    "same_schema",
    "schema_changes",
    "set_mapping",
    "synchronization_rule",
    "to_source",
]

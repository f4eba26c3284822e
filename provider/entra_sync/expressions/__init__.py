"""Mapping expressions, scoping filters and attribute mappings of Microsoft Entra provisioning."""

from entra_sync.errors import EvaluationError
from entra_sync.expressions.checks.findings import Finding
from entra_sync.expressions.checks.mappings import check_mappings
from entra_sync.expressions.checks.open_questions import CHOICES, Choice, choices_touched
from entra_sync.expressions.filters.evaluation import Failure, failing, is_read, passes
from entra_sync.expressions.filters.model import Clause, FilterGroup, ScopingFilter, all_of, any_of, clause
from entra_sync.expressions.language.binding import parse
from entra_sync.expressions.language.context import Context
from entra_sync.expressions.language.evaluation import evaluate
from entra_sync.expressions.language.functions import FUNCTIONS
from entra_sync.expressions.language.registry import FunctionDefinition, Parameter
from entra_sync.expressions.language.source import from_source, to_source
from entra_sync.expressions.language.syntax import Expression
from entra_sync.expressions.language.values import IGNORE_ATTRIBUTE, IGNORE_OBJECT, Ignored, Value, canonical
from entra_sync.expressions.schema.attributes import COMPUTED_ATTRIBUTES, GRAPH_PROPERTIES
from entra_sync.expressions.schema.changes import same_schema
from entra_sync.expressions.schema.defaults import ASSUMED, default_schema
from entra_sync.expressions.schema.edits import (
    ACTIONS,
    Action,
    Switches,
    add_extension,
    merge_schema,
    object_definition,
    object_mapping,
    read_filter,
    read_mappings,
    read_switches,
    remove_mapping,
    set_mapping,
    set_switches,
    synchronization_rule,
)
from entra_sync.expressions.schema.mapping import NEVER, AttributeMapping, attribute, constant, expr
from entra_sync.expressions.schema.mappings import Mappings, defaults

__all__ = [
    "ACTIONS",
    "ASSUMED",
    "CHOICES",
    "COMPUTED_ATTRIBUTES",
    "FUNCTIONS",
    "GRAPH_PROPERTIES",
    "IGNORE_ATTRIBUTE",
    "IGNORE_OBJECT",
    "NEVER",
    "Action",
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
    "ScopingFilter",
    "Switches",
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
    "read_switches",
    "remove_mapping",
    "same_schema",
    "set_mapping",
    "set_switches",
    "synchronization_rule",
    "to_source",
]

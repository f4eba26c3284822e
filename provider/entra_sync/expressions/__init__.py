"""Mapping expressions, scoping filters and attribute mappings of Microsoft Entra provisioning."""

from entra_sync.expressions.context import Context
from entra_sync.expressions.defaults import default_schema
from entra_sync.expressions.evaluation import EvaluationError, evaluate
from entra_sync.expressions.functions import FUNCTIONS
from entra_sync.expressions.resolve import parse
from entra_sync.expressions.syntax import Expression
from entra_sync.expressions.table import FunctionDefinition, Parameter
from entra_sync.expressions.values import IGNORE_ATTRIBUTE, IGNORE_OBJECT, Ignored, Value, canonical

__all__ = [
    "FUNCTIONS",
    "IGNORE_ATTRIBUTE",
    "IGNORE_OBJECT",
    "Context",
    "EvaluationError",
    "Expression",
    "FunctionDefinition",
    "Ignored",
    "Parameter",
    "Value",
    "canonical",
    "default_schema",
    "evaluate",
    "parse",
]

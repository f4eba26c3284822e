"""The functions of the expression language, one scalar definition each; importing this package fills the table."""

from entra_sync.expressions.language.functions import conversions, dates, directory, lists, logic, replace, text
from entra_sync.expressions.language.registry import FUNCTIONS

__all__ = ["FUNCTIONS", "conversions", "dates", "directory", "lists", "logic", "replace", "text"]

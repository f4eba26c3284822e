"""The functions of the expression language, one scalar definition each; importing this package fills the table."""

from entra_sync.expressions.functions import conversions, dates, directory, lists, logic, replace, text
from entra_sync.expressions.table import FUNCTIONS

__all__ = ["FUNCTIONS", "conversions", "dates", "directory", "lists", "logic", "replace", "text"]

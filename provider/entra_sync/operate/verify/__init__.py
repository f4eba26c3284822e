"""Compares what two tenants answer with what this package assumes about the service."""

from entra_sync.operate.verify.compare import Comparison, Verdict, compare
from entra_sync.operate.verify.report import report

__all__ = ["Comparison", "Verdict", "compare", "report"]

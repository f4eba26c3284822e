"""One plan, several renderings: terminal, Markdown for a pull request, JSON, and a page that stands alone."""

from entra_sync.impact.report.data import FORMAT, Who, report
from entra_sync.impact.report.markdown import markdown
from entra_sync.impact.report.page import page
from entra_sync.impact.report.terminal import terminal

__all__ = ["FORMAT", "Who", "markdown", "page", "report", "terminal"]

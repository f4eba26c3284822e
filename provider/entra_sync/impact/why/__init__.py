"""Why one person is, or is not, synchronized by a link: read with a handful of requests, whatever the tenants' size."""

from entra_sync.impact.why.answer import FORMAT, why
from entra_sync.impact.why.terminal import terminal

__all__ = ["FORMAT", "terminal", "why"]

"""How bytes are spelled in answers: base64url, and thumbprints of certificates."""

from __future__ import annotations

import base64
import hashlib

__all__ = ["b64", "thumbprint"]


def b64(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def thumbprint(der: bytes) -> str:
    """SHA-1 thumbprint of a certificate in base64, as ``customKeyIdentifier`` shows it."""
    return base64.b64encode(hashlib.sha1(der).digest()).decode()

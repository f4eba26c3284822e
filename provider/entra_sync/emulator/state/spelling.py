"""How ids and bytes are spelled: GUIDs, names of extensions, base64url, and thumbprints of certificates."""

from __future__ import annotations

import base64
import hashlib
import re

__all__ = ["EXTENSION", "GUID", "b64", "thumbprint"]

EXTENSION = re.compile(r"(extension_[0-9a-f]{32}|ext[0-9a-z]{8})_\w+\Z")
"""Directory extensions and schema extensions."""

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


def b64(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def thumbprint(der: bytes) -> str:
    """SHA-1 thumbprint of a certificate in base64, as ``customKeyIdentifier`` shows it."""
    return base64.b64encode(hashlib.sha1(der).digest()).decode()

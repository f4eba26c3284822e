"""How ids and bytes are spelled: GUIDs, names of extensions and of external users, base64url, thumbprints."""

from __future__ import annotations

import base64
import hashlib
import re

__all__ = ["EXTENSION", "EXTERNAL_MARK", "GUID", "PENDING", "b64", "drawn_guid", "external_alias", "guid", "thumbprint"]

EXTENSION = re.compile(r"(extension_[0-9a-f]{32}|ext[0-9a-z]{8})_\w+\Z")
"""Directory extensions and schema extensions."""

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)

EXTERNAL_MARK = "#EXT#"
"""What the user principal name of an external user has before the domain of the tenant that invited it."""

PENDING = "PendingAcceptance"
"""The ``externalUserState`` of an invitation that was not redeemed."""


def external_alias(address: str) -> str:
    """The part before the domain in the name of an external user: ``ada@contoso.com`` is ``ada_contoso.com#EXT#``."""
    return f"{address.replace('@', '_')}{EXTERNAL_MARK}"


def guid(bits: int) -> str:
    """A GUID of version 4 with these bits, of which there are 128."""
    text = f"{bits & ~(0xF << 76) & ~(0x3 << 62) | 0x4 << 76 | 0x2 << 62:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def drawn_guid(text: str) -> str:
    """A GUID of version 4 that stands for a text."""
    return guid(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big"))


def b64(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def thumbprint(der: bytes) -> str:
    """SHA-1 thumbprint of a certificate in base64, as ``customKeyIdentifier`` shows it."""
    return base64.b64encode(hashlib.sha1(der).digest()).decode()

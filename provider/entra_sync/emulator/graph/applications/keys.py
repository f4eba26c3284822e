"""Credentials as they are kept and shown (passwordCredential, keyCredential, federatedIdentityCredential)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from entra_sync.emulator.errors import bad_request
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.odata.options import Options
from entra_sync.emulator.state.clock import iso, precise
from entra_sync.emulator.state.store import Document

__all__ = [
    "EXPRESSION",
    "FEDERATED",
    "in_utc",
    "kept_passwords",
    "key_credentials",
    "new_password",
    "new_signing_certificate",
    "shown_federated",
]

FEDERATED = {"name": str, "issuer": str, "subject": str, "description": str, "audiences": [str]}
EXPRESSION = "claimsMatchingExpression"
"""Properties of a federated identity credential; the expression is in beta only."""


def shown_federated(call: Call, doc: Document, options: Options | None = None) -> Document:
    """Returns a federated identity credential as the API shows it."""
    names = ("id", *FEDERATED, EXPRESSION) if call.beta else ("id", *FEDERATED)
    select = options.select if options is not None else ()
    return {name: doc.get(name) for name in names if not select or name in select}


def new_password(call: Call, asked: Document, *, hint: bool = True) -> Document:
    """Returns a client secret as it is kept; its text is ``_secret``, which no answer shows again.

    Args:
        call: The request.
        asked: The ``passwordCredential`` that was asked for.
        hint: Whether the secret's first letters are kept; those of a service principal's secret are not.
    """
    secret = call.store.new_id().replace("-", "~")
    now = call.clock.now()
    return {
        "customKeyIdentifier": asked.get("customKeyIdentifier"),
        "displayName": asked.get("displayName"),
        "startDateTime": in_utc(asked.get("startDateTime")) or precise(now),
        "endDateTime": in_utc(asked.get("endDateTime")) or precise(_years_after(now, 2)),
        "keyId": asked.get("keyId") or call.store.new_id(),
        "hint": secret[:3] if hint else None,
        "secretText": None,
        "_secret": secret,
    }


def _years_after(moment: datetime, years: int) -> datetime:
    return moment.replace(year=moment.year + years, day=min(moment.day, 28))


def in_utc(text: str | None) -> str | None:
    """Returns a moment of a request in the service's form, which has a Z in place of another zone.

    Raises:
        Fault: 400 if the text is not a moment.
    """
    if text is None or text.endswith("Z"):
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise bad_request(f"Invalid value specified for a date: '{text}'.") from None
    if moment.tzinfo is None:
        return f"{text}Z"
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def key_credentials(call: Call, asked: list[Document], held: list[Document]) -> list[Document]:
    """Returns certificates as they are kept: dates as sent, with thumbprint and subject.

    A key that is already held need not be sent again; its ``keyId`` is enough ("Update application").

    Raises:
        Fault: 400 for a key that is not a certificate.
    """
    known = {item["keyId"]: item for item in held}
    return [
        known[item["keyId"]] if item.get("key") is None and item.get("keyId") in known else _key_credential(call, item)
        for item in asked
    ]


def _key_credential(call: Call, item: Document) -> Document:
    try:
        raw = base64.b64decode(item["key"])
        pem = raw.lstrip().startswith(b"-----BEGIN")
        certificate = (x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate)(raw)
    except (KeyError, TypeError, ValueError):
        raise bad_request(
            "Key credential value is invalid: a certificate in DER or PEM form is expected.", "KeyCredentialsInvalid"
        ) from None
    return {
        "customKeyIdentifier": item.get("customKeyIdentifier") or certificate.fingerprint(hashes.SHA1()).hex().upper(),
        "displayName": item.get("displayName") or _subject(certificate.subject),
        "startDateTime": in_utc(item.get("startDateTime")) or iso(certificate.not_valid_before_utc),
        "endDateTime": in_utc(item.get("endDateTime")) or iso(certificate.not_valid_after_utc),
        "key": base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode(),
        "keyId": item.get("keyId") or call.store.new_id(),
        "type": "AsymmetricX509Cert",
        "usage": item.get("usage", "Verify"),
    }


def _subject(name: x509.Name) -> str:
    """Returns a certificate's subject as .NET writes it: the last part first, and a state as ``S``."""
    short = {x509.NameOID.STATE_OR_PROVINCE_NAME: "S", x509.NameOID.EMAIL_ADDRESS: "E"}
    return ", ".join(reversed([part.rfc4514_string(short) for part in name.rdns]))


def kept_passwords(asked: list[Document], held: list[Document]) -> list[Document]:
    """Returns the client secrets that a change keeps; it can leave some out, but not add any.

    Raises:
        Fault: 400 for a secret that is not held.
    """
    known = {item["keyId"]: item for item in held}
    for item in asked:
        if item.get("keyId") not in known:
            raise bad_request("Property 'passwordCredentials' cannot take a new secret; use addPassword.")
    return [known[item["keyId"]] for item in asked]


def new_signing_certificate(call: Call, name: str, end: str | None) -> tuple[list[Document], Document, str]:
    """Makes a self-signed certificate: its private and public key, the private key's password, and its thumbprint.

    It is good for three years unless *end* says otherwise ("servicePrincipal: addTokenSigningCertificate").
    """
    now = call.clock.now()
    last = datetime.fromisoformat(end) if end else _years_after(now, 3)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name.removeprefix("CN="))])
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(last)
        .sign(key, hashes.SHA256())
    )
    thumbprint = certificate.fingerprint(hashes.SHA1()).hex().upper()
    shared = {
        "customKeyIdentifier": thumbprint,
        "displayName": name,
        "endDateTime": iso(last),
        "startDateTime": iso(now),
    }
    public = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
    verify = {**shared, "key": public, "keyId": call.store.new_id(), "type": "AsymmetricX509Cert", "usage": "Verify"}
    sign = {**shared, "key": None, "keyId": call.store.new_id(), "type": "X509CertAndPassword", "usage": "Sign"}
    password = {**new_password(call, shared, hint=False), "keyId": sign["keyId"]}
    return [sign, verify], password, thumbprint

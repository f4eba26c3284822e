"""Access tokens: signing keys of each cloud, claims, and the refusal of tokens that are not good here."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from entra_sync.emulator.errors import Fault
from entra_sync.emulator.http.call import Claims
from entra_sync.emulator.state.catalog.graph_roles import GRAPH_APP_ID
from entra_sync.emulator.state.clock import Clock
from entra_sync.emulator.state.spelling import b64
from entra_sync.emulator.state.store import Store
from entra_sync.microsoft.clouds import Cloud

__all__ = ["Issuer", "jwk"]

LIFETIME = 3599
_generated: dict[Cloud, bytes] = {}
_generating = threading.Lock()


def jwk(key: rsa.RSAPublicKey, kid: str) -> dict[str, str]:
    """A public key in JWKS form."""
    numbers = key.public_numbers()
    n = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
    e = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")
    return {"kty": "RSA", "use": "sig", "kid": kid, "x5t": kid, "n": b64(n), "e": b64(e)}


class Issuer:
    """The token service of one cloud: signs its tokens, and checks those that arrive at its Graph.

    Tokens have the form of Microsoft's v1.0 access tokens for Graph ("Access tokens in the Microsoft identity
    platform").
    """

    def __init__(self, cloud: Cloud, graph: str, store: Store, clock: Clock, *, persistent: bool) -> None:
        self.cloud, self.graph = cloud, graph
        self._store, self._clock, self._persistent = store, clock, persistent
        self._key: rsa.RSAPrivateKey | None = None
        self._seen: dict[tuple[str, frozenset[str]], tuple[Claims, float, float]] = {}

    @property
    def key(self) -> rsa.RSAPrivateKey:
        """The signing key; kept with the state, or shared by the emulators of this process where there is no file."""
        if self._key is None:
            pem = self._store.setting(f"key/{self.cloud}")
            if pem is None:
                pem = _new_key(self.cloud).decode()
                if self._persistent:
                    self._store.set_setting(f"key/{self.cloud}", pem)
            loaded = serialization.load_pem_private_key(pem.encode(), password=None)
            assert isinstance(loaded, rsa.RSAPrivateKey)
            self._key = loaded
        return self._key

    @property
    def kid(self) -> str:
        """Identifier of the signing key."""
        der = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return b64(hashlib.sha1(der).digest())

    def jwks(self) -> dict[str, Any]:
        """The cloud's signing keys as its JWKS document."""
        return {"keys": [jwk(self.key.public_key(), self.kid)]}

    def issue(
        self, claims: Claims, audience: str, *, lifetime: int = LIFETIME, extra: dict[str, Any] | None = None
    ) -> str:
        """A signed access token; *lifetime* is in seconds and may be negative to get an expired one."""
        now = int(self._clock.wall())
        payload: dict[str, Any] = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{claims.tid}/",
            "iat": now,
            "nbf": now - 300,
            "exp": now + lifetime,
            "appid": claims.appid,
            "appidacr": "1",
            "idp": f"https://sts.windows.net/{claims.tid}/",
            "idtyp": "user" if claims.delegated else "app",
            "oid": claims.oid,
            "sub": claims.oid,
            "tid": claims.tid,
            "uti": b64(hashlib.sha256(f"{claims.oid}/{now}".encode()).digest())[:22],
            "ver": "1.0",
            **(extra or {}),
        }
        if claims.delegated:
            payload["scp"] = " ".join(sorted(claims.permissions))
        else:
            payload["roles"] = sorted(claims.permissions)
        return jwt.encode(payload, self.key, algorithm="RS256", headers={"kid": self.kid, "x5t": self.kid})

    def check(self, authorization: str, root: str, audiences: frozenset[str] | None = None) -> Claims:
        """The claims of a bearer token that is good for this cloud's Graph, reached under *root*.

        Args:
            authorization: The header.
            root: Root of this cloud as the client knows it.
            audiences: What the token may be for instead of Graph.

        Raises:
            Fault: 401 ``InvalidAuthenticationToken`` with the service's reason.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _refused("Access token is empty.")
        known = audiences or frozenset({self.graph, root, GRAPH_APP_ID})
        claims, begins, ends = self._seen.get((token, known)) or self._decode(token, known)
        if not begins <= self._clock.wall() < ends:
            raise _refused("Lifetime validation failed, the token is expired.")
        return claims

    def _decode(self, token: str, audiences: frozenset[str]) -> tuple[Claims, float, float]:
        try:
            payload = jwt.decode(token, options={"verify_signature": False})
        except jwt.DecodeError:
            raise _refused("CompactToken parsing failed with error code: 80049217") from None
        if str(payload.get("aud", "")).rstrip("/") not in audiences:
            raise _refused("Access token validation failure. Invalid audience.")
        try:
            jwt.decode(
                token,
                self.key.public_key(),
                algorithms=["RS256"],
                options={"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except jwt.InvalidTokenError:
            raise _refused("Signing key is invalid.") from None
        delegated = payload.get("idtyp") == "user"
        held = str(payload.get("scp", "")).split() if delegated else payload.get("roles", [])
        claims = Claims(payload["tid"], payload["oid"], payload["appid"], frozenset(held), delegated)
        if len(self._seen) > 1000:
            self._seen.clear()
        decoded = (claims, float(payload["nbf"]), float(payload["exp"]))
        self._seen[token, audiences] = decoded
        return decoded


def _new_key(cloud: Cloud) -> bytes:
    with _generating:
        if cloud not in _generated:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            _generated[cloud] = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        return _generated[cloud]


def _refused(reason: str) -> Fault:
    return Fault(
        401,
        "InvalidAuthenticationToken",
        reason,
        headers={"WWW-Authenticate": 'Bearer realm="", error="invalid_token"'},
    )

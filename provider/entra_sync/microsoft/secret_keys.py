"""Which keys of the synchronization secrets hold a credential, and which values Graph hides."""

from __future__ import annotations

__all__ = ["SECRET_KEYS", "is_masked"]

SECRET_KEYS = frozenset(
    {
        "AppKey",
        "ClientSecret",
        "ConnectionString",
        "ConsumerKey",
        "ConsumerSecret",
        "Oauth2AccessToken",
        "Oauth2AuthorizationCode",
        "Oauth2ClientSecret",
        "Oauth2RefreshToken",
        "Password",
        "SecretToken",
        "TokenKey",
    }
)
"""Keys that hold a credential, of those that the page "synchronizationSecretKeyStringValuePair" lists.

The page does not say which keys are secret: that these are is a guess from their names.
"""


def is_masked(value: str | None) -> bool:
    """Whether Graph hides a value: it answers asterisks instead."""
    return bool(value and not value.strip("*"))

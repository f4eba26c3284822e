"""Which keys of the synchronization secrets hold a credential."""

from __future__ import annotations

__all__ = ["SECRET_KEYS"]

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

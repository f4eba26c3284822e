"""A link whose users are assigned one by one, without groups."""

import json
from pathlib import Path

import pulumi

import entra_sync as entra

config = pulumi.Config()
contoso = entra.Tenant("contoso", **config.require_object("contoso"))
federal = entra.Tenant("federal", **config.require_object("federal"))

entra.CrossCloudLink(
    "contoso-to-federal",
    source=contoso,
    target=federal,
    scope=[entra.User(id) for id in json.loads(Path(__file__).with_name("users.json").read_text())],
    notify="identity-ops@contoso.com",
)

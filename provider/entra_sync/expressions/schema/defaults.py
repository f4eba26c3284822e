"""The default schema of a cross-tenant synchronization job, for use while no live template can be read.

``default_schema.json`` is the schema of a real job within the global cloud, as Graph returned it in a public export of
2025-06. An export of 2025-03 has the same rows and attributes. Two things are not from an export: the values of the
rule's ``defaultSourceObjectMappings`` metadata and of the schema's ``version``. Microsoft publishes the schema of the
cross-cloud template nowhere, so that it resembles this one is an assumption. That is why the live template counts as
soon as it can be read, and this file only until then.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from entra_sync.microsoft.clouds import Cloud, pair

__all__ = ["ASSUMED", "default_schema"]

ASSUMED = (
    "The job's template cannot be read before its application exists. Until then, the mappings are checked against the "
    "schema of a new job within the global cloud."
)
"""What a preview says if it had to fall back to :func:`default_schema`."""


def default_schema(
    source_cloud: Cloud | str = Cloud.GLOBAL, target_cloud: Cloud | str = Cloud.GLOBAL
) -> dict[str, Any]:
    """Returns the schema that a new job between two clouds is assumed to start with, as a fresh copy.

    It has a ``manager`` row only between two tenants of the global cloud, because the service synchronizes managers
    only there ("What is cross-tenant synchronization?").

    Raises:
        ValueError: a cloud name that does not exist.
    """
    schema: dict[str, Any] = json.loads(_template())
    if not pair(Cloud(source_cloud), Cloud(target_cloud)).manager:
        for mapping in schema["synchronizationRules"][0]["objectMappings"]:
            mapping["attributeMappings"] = [
                row for row in mapping["attributeMappings"] if row["targetAttributeName"] != "manager"
            ]
    return schema


@cache
def _template() -> bytes:
    return (files(__package__) / "default_schema.json").read_bytes()

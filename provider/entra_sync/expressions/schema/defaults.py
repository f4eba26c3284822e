"""The documented default of a cross-tenant synchronization job: its whole schema, as the template ships it.

No public page prints the schema of the ``Azure2Azure`` template in full. ``default_schema.json`` puts together what
Microsoft's pages do show: the table and screens of "Configure cross-tenant synchronization" (rows, the matching
attribute, the constants, the built-in filter and its name), "Map directory extensions in cross-tenant synchronization"
(rule and directory names), and the sample definitions of the synchronization resource pages of Microsoft Graph
(attribute definitions, metadata, layout). The attribute rows of groups are not printed anywhere; those here are the
least that a synchronized security group needs, in a mapping that is off by default.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from entra_sync.clouds import Cloud, pair

__all__ = ["default_schema"]


def default_schema(
    source_cloud: Cloud | str = Cloud.GLOBAL, target_cloud: Cloud | str = Cloud.GLOBAL
) -> dict[str, Any]:
    """The synchronizationSchema that a new job between two clouds starts with; a fresh copy each time.

    The ``manager`` row exists only between two tenants of the global cloud ("What is cross-tenant synchronization?").

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

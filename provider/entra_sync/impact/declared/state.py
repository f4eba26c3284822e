"""A link as it is declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from entra_sync.expressions import default_schema, read_mappings, read_switches, set_switches
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.link import LinkState, after
from entra_sync.impact.facts.remarks import Note, Remark
from entra_sync.microsoft.tenant import Tenant

__all__ = ["declared_state"]

Schema = Mapping[str, Any]


def declared_state(
    declaration: Declaration, now: LinkState | None, source: Tenant, target: Tenant, template: Schema | None = None
) -> LinkState:
    """Returns the link as it will be with what the job's template adds to the declaration.

    Args:
        declaration: What the program declares.
        now: The link as it is.
        source, target: The tenants.
        template: The schema of the job's template. Without it a job that does not exist is assumed to start with
            :func:`default_schema`, which the notes of the result say.
    """
    assumed = template is None and now is None
    if template:
        declaration = declaration.model_copy(update={"mappings": declaration.mappings.over(read_mappings(template))})
    start = template or default_schema(source.cloud, target.cloud)
    then = after(now, declaration, start, notes=(Remark(Note.SCHEMA_ASSUMED),) if assumed else ())
    usual = read_switches(template or then.schema)
    actions = usual.actions if declaration.actions is None else tuple(declaration.actions)
    # The schema's resource keeps these as they are declared, whatever was changed by hand.
    switched = set_switches(then.schema, enabled=True, actions=actions, input_filter=usual.input_filter)
    return replace(then, schema=switched)

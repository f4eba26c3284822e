"""An existing link as a program: what two tenants hold, written as Python that adopts it.

The link may have been made in the portal, by PowerShell or by Terraform. The program declares what differs from the
template of the job; all else stays as it is. Nothing is changed by an import.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from entra_sync.errors import ConfigurationError
from entra_sync.errors.visible import in_markdown, visible
from entra_sync.expressions import AttributeMapping, Mappings, ScopingFilter, clause
from entra_sync.expressions.filters.model import Clause
from entra_sync.expressions.schema.edits import beside_template
from entra_sync.graph import paths
from entra_sync.graph.gateway import Graph, connect
from entra_sync.graph.paths import segment
from entra_sync.graph.requests import Request
from entra_sync.graph.synchronization.job_status import is_running
from entra_sync.graph.synchronization.job_template import template_schema
from entra_sync.microsoft.tenant import Tenant
from entra_sync.operate.links import ExistingLink, in_tenant, job_of
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs, SynchronizationSecretsHandler

__all__ = ["Imported", "find_link", "project", "read_existing"]

JSON = Any


@dataclass(frozen=True)
class Imported:
    """What two tenants hold of a link.

    Attributes:
        link: The link.
        target: The target tenant.
        principals: Kind, object id and display name of each user and group in scope.
        mappings: Rows that differ from the job's template.
        filters: The scoping filter, if it differs from the template's.
        actions: What the job may do, if it differs from the template.
        settings: Target, scope, notification and threshold.
        running: Whether the job runs.
        template: Id of the job's template.
    """

    link: ExistingLink
    target: Tenant
    principals: Sequence[tuple[str, str, str]]
    mappings: Mappings
    filters: ScopingFilter | None
    actions: Sequence[str] | None
    settings: SynchronizationSecretsArgs
    running: bool
    template: str


def find_link(source: Tenant, target: Tenant, name: str | None, owners: set[str] | None) -> ExistingLink:
    """Returns the link between two tenants.

    Args:
        source, target: The tenants.
        name: Name of its application, if there are several.
        owners: Service principals that it may have; None: any.

    Raises:
        ConfigurationError: There is none, or there are several.
    """
    between = [each for each in in_tenant(source) if each.target_id.lower() == target.tenant_id]
    possible = [each for each in between if owners is None or each.service_principal_id.lower() in owners]
    found = [each for each in possible if name in (None, each.name)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f'"{each.name}" ({each.service_principal_id})' for each in found or possible)
    if found:
        raise ConfigurationError(f"several links lead from {source} to {target}; choose one with --name: {names}")
    if possible:
        raise ConfigurationError(f'no link from {source} to {target} is called "{name}"; there are: {names}')
    if between:
        raise ConfigurationError(f"the Terraform state does not have the link from {source} to {target}; leave it out")
    raise ConfigurationError(
        f"no application of {source} synchronizes users to {target}; are source and target swapped?"
    )


def read_existing(link: ExistingLink, target: Tenant) -> Imported:
    """Reads a link.

    Raises:
        EntraSyncError: Something cannot be read; an import with gaps would undo what it does not know.
    """
    graph = connect(link.source)
    owner = segment(link.service_principal_id)
    job = job_of(link)
    schema = graph.get(paths.schema(owner, segment(job["id"])), "reading the job's schema")
    template = template_schema(graph, link.service_principal_id, job.get("templateId"))
    if template is None:
        raise ConfigurationError(f"the template of the job of link {link.name} cannot be read")
    rows, filters, actions = beside_template(schema, template)
    asked = SynchronizationSecretsArgs(
        tenant=link.source, service_principal_id=link.service_principal_id, target_tenant_id=target.tenant_id
    )
    seen = SynchronizationSecretsHandler().read_live("", asked, {})
    if seen is None:
        raise ConfigurationError(f"the settings of link {link.name} are empty, so its target is not known")
    return Imported(
        link=link,
        target=target,
        principals=_principals(graph, owner),
        mappings=rows,
        filters=filters,
        actions=actions,
        settings=seen[0],
        running=is_running(job),
        template=str(job.get("templateId") or ""),
    )


def project(found: Imported, name: str, stack: str) -> dict[str, str]:
    """Returns the files of a Pulumi project that adopts the link.

    Args:
        found: The link.
        name: Name of the project.
        stack: Name of the stack whose configuration is written.
    """
    settings = {
        "name": name,
        "description": f"{found.link.source.name} synchronizes users into {found.target.name}",
        "runtime": {"name": "python", "options": {"virtualenv": ".venv"}},
    }
    config = {
        f"{name}:{tenant.name}": {
            key: value
            for key, value in tenant.model_dump(mode="json", by_alias=True, exclude_none=True).items()
            if key != "name"
        }
        for tenant in (found.link.source, found.target)
    }
    return {
        "__main__.py": _program(found),
        "Pulumi.yaml": yaml.safe_dump(settings, sort_keys=False),
        f"Pulumi.{stack.rpartition('/')[2]}.yaml": yaml.safe_dump({"config": config}, sort_keys=False),
        "README.md": _instructions(found, stack),
        "requirements.txt": "pulumi-entra-sync\n",
        ".gitignore": ".venv/\n__pycache__/\n",
    }


def _program(found: Imported) -> str:
    """The program's text."""
    link, settings = found.link, found.settings
    arguments = [
        "source=source,",
        "target=target,",
        f"display_name={_text(link.name)},",
        "adopt=True,  # the application exists; a destroy of the program deletes it",
        *_scope(found),
        *_mappings(found.mappings),
    ]
    if found.filters is not None:
        arguments.append(f"filters={_filter(found.filters)},")
    if found.actions is not None:
        arguments.append(f"actions=[{', '.join(map(_text, found.actions))}],")
    if settings.notify:
        arguments.append(f"notify=[{', '.join(map(_text, settings.notify))}],")
    arguments.append(f"deletion_threshold={settings.deletion_threshold},")
    arguments.append(f"job_template_id={_text(found.template)},")
    if not found.running:
        arguments.append("enabled=False,  # the job is paused")
    body = "\n".join(f"    {line}" for each in arguments for line in each.split("\n"))
    return f'''"""{link.source.name} synchronizes users into {found.target.name}: an imported link."""

import pulumi

import entra_sync as entra

config = pulumi.Config()
source = entra.Tenant({_text(link.source.name)}, **config.require_object({_text(link.source.name)}))
target = entra.Tenant({_text(found.target.name)}, **config.require_object({_text(found.target.name)}))

link = entra.CrossCloudLink(
    {_text(f"{link.source.name}-to-{found.target.name}")},
{body}
)

pulumi.export("job", link.job.job_id)
'''


def _scope(found: Imported) -> list[str]:
    """Who is in scope, with names as comments: ids alone say nothing to a reader."""
    if found.settings.sync_all:
        return ["scope=entra.Scope.EVERYONE,"]
    lines = [f"    entra.{kind}({_text(id)}),  # {visible(name)}" for kind, id, name in found.principals]
    return ["scope=[\n" + "\n".join(lines) + "\n],"] if lines else ["scope=[],"]


def _mappings(mappings: Mappings) -> list[str]:
    """The rows that differ from the template's."""
    if not len(mappings):
        return []
    rows = []
    for row in mappings:
        values = {"target": row.target, "source": row.source, "apply": row.apply, "match": row.match}
        values |= {"default": row.default, "flow_behavior": row.flow_behavior}
        fields = AttributeMapping.model_fields
        said = [
            f"{name}={_text(value) if isinstance(value, str) else repr(value)}"
            for name, value in values.items()
            if value != fields[name].default
        ]
        rows.append(f"        entra.AttributeMapping({', '.join(said)}),")
    return ["mappings=entra.Mappings(\n    [\n" + "\n".join(rows) + "\n    ]\n),"]


def _filter(found: ScopingFilter) -> str:
    """A filter as calls, or as Graph's JSON if it has something that calls do not make."""
    groups = []
    for group in found.groups or ():
        clauses = [_clause(each) for each in group.clauses]
        if None in clauses:
            return f"entra.ScopingFilter.model_validate({found.model_dump(mode='json', by_alias=True)!r})"
        title = "" if group.name is None else f", name={_text(group.name)}"
        groups.append(f"    entra.all_of({', '.join(filter(None, clauses))}{title}),")
    return "entra.any_of(\n" + "\n".join(groups) + "\n)"


def _clause(found: Clause) -> str | None:
    """A clause as a call; None if no call makes it."""
    start = clause(found.source_operand_name)
    named = f"entra.clause({_text(found.source_operand_name)})"
    values = found.values
    candidates: list[tuple[str, tuple[str, ...]]] = [
        (name, ()) for name in ("is_null", "is_not_null", "is_true", "is_false")
    ]
    if len(values) == 1:
        for name in ("equals", "not_equals", "matches", "not_matches", "includes", "greater_than", "at_least"):
            candidates.append((name, values))
    if values:
        candidates.append(("is_one_of", values))
    for name, given in candidates:
        try:
            made = getattr(start, name)(*given)
        except ConfigurationError:
            continue
        if str(made) == str(found) and made.operator_name == found.operator_name:
            return f"{named}.{name}({', '.join(map(_text, given))})"
    return None


def _principals(graph: Graph, owner: str) -> list[tuple[str, str, str]]:
    """The assigned users and groups, by display name."""
    path = f"{paths.service_principal(owner, 'appRoleAssignedTo')}?$top=999"
    assigned = list(graph.pages(path, "reading who is assigned"))
    ids = {(each["principalType"], each["principalId"]) for each in assigned}
    chosen = sorted(each for each in ids if each[0] in ("User", "Group"))
    requests = [
        Request("GET", f"{paths.member(kind, segment(id))}?$select=displayName", purpose=f"looking for {kind} {id}")
        for kind, id in chosen
    ]
    found = graph.read_each(requests)
    named = [(kind, id, (body or {}).get("displayName") or "") for (kind, id), body in zip(chosen, found, strict=True)]
    return sorted(named, key=lambda each: (each[0], each[2].casefold(), each[1]))


def _instructions(found: Imported, stack: str) -> str:
    """The project's README."""
    source, target = found.link.source.name, found.target.name
    variables = "".join(
        f"   - `{tenant.variable('CLIENT_ID')}` and `{tenant.variable('CLIENT_SECRET')}` for {tenant.name}\n"
        for tenant in (found.link.source, found.target)
    )
    return f"""# {source} to {target}

Declares the link "{in_markdown(found.link.name)}" as it was when `entra-sync import` read both tenants.

1. `pulumi install` creates `.venv` and installs `requirements.txt`.
2. `pulumi stack init {stack}`. `Pulumi.{stack.rpartition("/")[2]}.yaml` describes both tenants.
3. Set the credentials of both tenants. `entra-sync permissions` lists what they need:
{variables}4. `pulumi preview` shows what the program takes over. It lists one call,
   which records on the application what the link uses.
5. `pulumi up` takes the link over. From then on, change `__main__.py` and not the portal.

`pulumi destroy` deletes the application, because `adopt=True` makes it the program's own.
To stop managing the link and keep it, run `pulumi stack rm --force`.
"""


def _text(value: str) -> str:
    """A text as Python, in double quotes unless it has some."""
    literal = repr(str(value))  # a StrEnum's own repr is not a text
    return literal if '"' in value else f'"{literal[1:-1]}"'

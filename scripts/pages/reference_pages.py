"""Writes docs/reference/reference.md from the code: link, value types, builders, environment variables, policy rules.

`python scripts/pages/reference_pages.py` writes the page; a test compares it with what is there. Resources have their
own page, made by `scripts/pages/resource_pages.py`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from enum import EnumType
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from resource_pages import paragraph, plain, type_text

import entra_guard
import entra_sync
from entra_sync import environment, errors
from entra_sync.microsoft.clouds import CLOUDS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "reference.md"
START = """# Reference

Made by `scripts/pages/reference_pages.py` from the code. Single resources are in [Resources](resources.md), commands
and exit codes in [Command line](cli.md), functions of expressions in [Expressions](expressions.md).
"""
# fmt: off
VALUES = (
    "Tenant", "Principal", "Group", "User", "Scope", "Limits", "Restart", "ResetScope", "License",
    "AutomaticUserConsent", "InboundTrust", "B2BSettings", "Access", "Target", "TenantRestrictions",
    "InvitationRedemption", "Mappings", "AttributeMapping", "ScopingFilter", "Cloud",
)
# fmt: on
BUILDERS = ["defaults", "expr", "attribute", "constant", "clause", "all_of", "any_of"]


def page() -> str:
    """Returns the whole page."""
    parts = [START, link(), "## Value types\n", *(value(name) for name in VALUES), "## Builders\n"]
    parts += [*(builder(name) for name in BUILDERS), clouds(), variables(), exceptions(), rules()]
    return "\n".join(parts)


def link() -> str:
    """Returns the section of the component: its constructor describes the arguments, its class the outputs."""
    kind = entra_sync.CrossCloudLink
    doc = inspect.getdoc(kind) or ""
    described = entries(inspect.getdoc(kind.__init__) or "", "Args")
    rows = []
    for name, parameter in inspect.signature(kind.__init__).parameters.items():
        if name in {"self", "opts"}:
            continue
        annotation = str(parameter.annotation).replace("pulumi.", "").replace(" | None", "").replace("|", "\\|")
        default = "required" if parameter.default is parameter.empty else f"`{shown(parameter.default)}`"
        rows.append(f"| `{name}` | `{annotation}` | {default} | {described[name]} |")
    outputs = [f"| `{name}` | {text} |" for name, text in entries(doc, "Attributes").items()]
    return "\n".join(
        [
            "## CrossCloudLink\n",
            paragraph(doc.partition("Attributes:")[0]),
            "\n| argument | type | default | |\n|---|---|---|---|",
            *rows,
            "\nOptions of every resource (`opts=pulumi.ResourceOptions(…)`) are accepted too.",
            "\n| output | |\n|---|---|",
            *outputs,
            "",
        ]
    )


def value(name: str) -> str:
    """Returns the section of a value type: its fields, or its values."""
    kind: Any = getattr(entra_sync, name)
    doc = inspect.getdoc(kind) or ""
    start = re.split(r"\n(?:Args|Attributes):", doc)[0]
    text = paragraph(re.sub(r"(?ms)^(=+ +=+)\n.*?^\1$", "see [Environment variables](#environment-variables).", start))
    if isinstance(kind, EnumType):
        return "\n".join([f"### {name}\n", text, "", *(f"- `{each.name}`: `{each.value}`" for each in kind), ""])
    if inspect.isclass(kind) and issubclass(kind, BaseModel) and "root" not in kind.model_fields:
        described = {**entries(doc, "Args"), **entries(doc, "Attributes")}
        fields = kind.model_fields.items()
        described = {field: described.get(field) or text_of(info) for field, info in fields}
        rows = [
            f"| `{field}` | {type_text(info.annotation)} | {default_of(info)} | {described[field]} |"
            for field, info in fields
        ]
        return "\n".join([f"### {name}\n", text, "\n| field | type | default | |\n|---|---|---|---|", *rows, ""])
    described = entries(doc, "Args")
    rows = [f"| `{field}` | {described[field]} |" for field in described]
    table = ["\n| argument | |\n|---|---|", *rows] if rows else []
    methods = [
        f"| `{method}{signature(function)}` | {paragraph((inspect.getdoc(function) or '').splitlines()[0])} |"
        for method, function in inspect.getmembers(kind, callable)
        if method in vars(kind) and not method.startswith(("_", "model_"))
    ]
    made = ["\n| method | |\n|---|---|", *methods] if methods else []
    return "\n".join([f"### {name}\n", text, *table, *made, ""])


def builder(name: str) -> str:
    """Returns the section of a function that makes a value."""
    function = getattr(entra_sync, name)
    doc = inspect.getdoc(function) or ""
    text = paragraph(re.split(r"\n(?:Args|Raises|Returns):", doc)[0])
    rows = [f"| `{argument}` | {what} |" for argument, what in entries(doc, "Args").items()]
    table = ["\n| argument | |\n|---|---|", *rows] if rows else []
    return "\n".join([f"### {name}\n", f"`{name}{signature(function)}`\n", text, *table, ""])


def clouds() -> str:
    """Returns the table of clouds."""
    rows = [f"| `{cloud}` | {info.label} | `{info.graph}` | `{info.authority}` |" for cloud, info in CLOUDS.items()]
    return "\n".join(["## Clouds\n", "| cloud | | Microsoft Graph | sign-in |\n|---|---|---|---|", *rows, ""])


def variables() -> str:
    """Returns the table of environment variables: those of the package, and those of each tenant."""
    described = entries(inspect.getdoc(environment.Environment) or "", "Attributes")
    rows = []
    for text in described.values():
        for name in re.findall(r"`(ENTRA_SYNC_\w+)`", text):
            rows.append(f"| `{name}` | {paragraph(text.replace(f' (`{name}`)', ''))} |")
    tenant = re.findall(r"^``…(_\w+)``\s+(.+)$", inspect.getdoc(entra_sync.Tenant) or "", re.MULTILINE)
    rows += [f"| `ENTRA_<TENANT>{name}` | {paragraph(text)} |" for name, text in tenant]
    return "\n".join(
        [
            "## Environment variables\n",
            "`<TENANT>` is the tenant's name in the program, in capitals, with `_` for every other character.",
            "\n| variable | |\n|---|---|",
            *rows,
            "",
        ]
    )


def exceptions() -> str:
    """Returns the tree of exceptions."""
    tree = (inspect.getdoc(errors) or "").partition("\n")[2].strip("\n")
    return f"## Exceptions\n\n```\n{tree}\n```\n"


def rules() -> str:
    """Returns the list of policy rules."""
    rows = [f"| [`{rule.name}`](../policies/{rule.name}.md) | {rule.description} |" for rule in entra_guard.POLICIES]
    return "\n".join(["## Policy rules\n", "| rule | |\n|---|---|", *rows, ""])


def entries(doc: str, heading: str) -> Mapping[str, str]:
    """Returns the descriptions under a heading of a docstring, by name."""
    section = re.search(rf"^{heading}:\n(.*?)(?=^\S|\Z)", doc, re.MULTILINE | re.DOTALL)
    found = re.findall(r"^    ([\w, ]+): (.+(?:\n {5,}.+)*)", section[1] if section else "", re.MULTILINE)
    return {name: paragraph(text) for names, text in found for name in names.split(", ")}


def signature(function: Any) -> str:
    """Returns the parameters of a function, without types."""
    parameters = [each for each in inspect.signature(function).parameters.values() if each.name not in {"self", "cls"}]
    shapes = [str(each.replace(annotation=each.empty)) for each in parameters]
    return f"({', '.join(shapes)})"


def default_of(info: Any) -> str:
    """Returns the default of a field, or that it is required."""
    if info.default is PydanticUndefined and info.default_factory is None:
        return "required"
    given = info.get_default(call_default_factory=True)
    return "" if given is None else f"`{plain(given)}`"


def text_of(info: Any) -> str:
    """Returns the description of a field."""
    return paragraph(info.description or "")


def shown(default: object) -> str:
    """Returns a default as a program would write it."""
    return "[]" if default == () else repr(default)


if __name__ == "__main__":
    PAGE.write_text(page())

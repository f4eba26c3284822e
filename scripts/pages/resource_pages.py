"""Writes docs/reference/resources.md from the resources themselves: permissions, example, arguments, outputs, adopting.

`python scripts/pages/resource_pages.py` writes the page; a test compares it with what is there.
"""

from __future__ import annotations

import ast
import inspect
import re
import types
import typing
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import entra_sync
from entra_sync.base.args import Args
from entra_sync.base.resource import Resource
from entra_sync.operate.project.purpose import Purpose
from entra_sync.operate.project.requirements import Declared, needs
from entra_sync.program.packaged.schema import documented

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "resources.md"
PROGRAM = ROOT / "programs" / "single_resources" / "__main__.py"
START = """# Resources

On this page you can look up the permissions, arguments and outputs of every resource. Most programs need none of them,
because [`CrossCloudLink`](reference.md) contains them. Declare them yourself if you want only a part of a link.

- A **tenant** is `entra.Tenant(name, tenant_id=…, cloud=…)`.
- A change of an argument marked *new* replaces the resource.
- Every resource also has the output `provisioning_state`. It is `succeeded`, or `incomplete` if `up` was interrupted.
  The next `up` then finishes it.

The examples are parts of `programs/single_resources`, which the tests run. `scripts/pages/resource_pages.py` writes
this page from the code.
"""
REPEATED = "The argument of the same name."
"""The description of an output whose value is that of an argument."""


def page() -> str:
    """Returns the whole page."""
    found = [getattr(entra_sync, name) for name in entra_sync.__all__]
    resources = [each for each in found if isinstance(each, type) and issubclass(each, Resource)]
    return "\n".join([START, *(section(resource) for resource in resources)])


def section(resource: type[Resource]) -> str:
    """Returns the section of one resource."""
    handler = resource.handler
    doc = inspect.getdoc(resource) or ""
    declared = [Declared(resource.__name__, {"tenant": {"name": ""}})]
    needed = ", ".join(f"`{each.permission}`" for each in needs(declared, Purpose.UP))
    how, _, pages = (inspect.getdoc(handler) or "").partition("Sources: ")
    sources = f"\n\n**Microsoft's pages.** {paragraph(pages)}" if pages else ""
    return f"""## {resource.__name__}

{paragraph(doc.split("Attributes:")[0])}

**Permissions** (application, least privileged): {needed}

```python
{example(resource.__name__)}
```

| argument | type | |
|---|---|---|
{arguments(handler.args)}

| output | |
|---|---|
{outputs(resource)}

**How it works.** {paragraph(how)}{sources}
"""


def example(name: str) -> str:
    """Returns the statement of the program that makes a resource of this type."""
    source = PROGRAM.read_text()
    for node in ast.parse(source).body:
        text = ast.get_source_segment(source, node) or ""
        if isinstance(node, ast.Assign) and f"= entra.{name}(" in text.split("\n")[0]:
            return text
    raise LookupError(f"{PROGRAM} has no example of {name}")


def arguments(args: type[Args]) -> str:
    """Returns a row for each argument: name, type with marks, description."""
    rows = []
    for name, field in args.model_fields.items():
        marks = [mark for mark, key in (("*new*", "replaces"), ("*secret*", "secret")) if name in args.marked(key)]
        given = field.default
        default = "" if given is PydanticUndefined or given is None else f", default `{plain(given)}`"
        kind = type_text(field.annotation) + default + "".join(f", {mark}" for mark in marks)
        rows.append(f"| `{name}` | {kind} | {(field.description or '').strip()} |")
    return "\n".join(rows)


def outputs(resource: type[Resource]) -> str:
    """Returns a row for each output that is documented on the class, and one for those that repeat an argument."""
    described = documented(resource)
    repeated = [f"`{name}`" for name, text in described.items() if text == REPEATED]
    rows = [f"| {', '.join(repeated)} | As declared. |"] if repeated else []
    return "\n".join(
        [*rows, *(f"| `{name}` | {paragraph(text)} |" for name, text in described.items() if text != REPEATED)]
    )


def type_text(annotation: object) -> str:
    """Returns a type as people write it."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        parts = [type_text(each) for each in typing.get_args(annotation) if each is not type(None)]
        return " or ".join(parts)
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return type_text(typing.get_args(annotation)[0])
    if origin is typing.Literal:
        return " or ".join(f'`"{each}"`' for each in typing.get_args(annotation))
    if origin is not None:
        inner = [type_text(each) for each in typing.get_args(annotation) if each is not ...]
        return f"{origin.__name__} of {', '.join(inner)}"
    return getattr(annotation, "__name__", str(annotation))


def plain(value: object) -> str:
    """Returns a default as people write it."""
    root = getattr(value, "root", value)
    if isinstance(root, BaseModel):
        return f"{type(root).__name__}()"
    if isinstance(root, list | tuple):
        return f"[{', '.join(repr(str(each)) for each in root)}]"
    return str(root)


def paragraph(text: str) -> str:
    """Returns one line, with code spans as Markdown has them."""
    text = re.sub(r":\w+:`(\w+)`", r"`\1`", text)
    return re.sub(r"\s+", " ", text.replace("``", "`")).replace("|", "\\|").strip()


if __name__ == "__main__":
    PAGE.write_text(page())

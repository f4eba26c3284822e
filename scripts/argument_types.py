"""Writes what type checkers and editors need: each resource's keywords and outputs, and the constructor of a link.

A resource takes its arguments as keywords that may be outputs of other resources; a type checker cannot know that from
the pydantic model, whose values are what they will be. `python scripts/argument_types.py` writes the parts between the
two marks again; a test compares them with what is there.
"""

from __future__ import annotations

import inspect
import re
import textwrap
import types
import typing
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

import entra_sync
from entra_sync.base.resource import Resource
from entra_sync.microsoft.tenant import Tenant
from entra_sync.program import link
from entra_sync.program.link_arguments import LinkArguments

MADE = "# made by scripts/argument_types.py"
END = "# until here"


def resources() -> list[type[Resource]]:
    """Every resource of the package."""
    found = [getattr(entra_sync, name) for name in entra_sync.__all__]
    return [each for each in found if isinstance(each, type) and issubclass(each, Resource)]


def module_of(resource: type[Resource]) -> Path:
    """The file that a resource is in."""
    return Path(inspect.getsourcefile(resource) or "")


def written(resource: type[Resource]) -> str:
    """The text of a resource's module with its made parts as they should be."""
    text = module_of(resource).read_text()
    declaration = f"class {resource.__name__}(Resource):\n"
    before, after = (_without(part) for part in text.split(declaration))
    end = after.rstrip() + "\n"
    return (
        f"{before.rstrip()}\n\n\n{MADE}\n{keywords(resource)}\n\n{END}\n\n\n{declaration}{end}\n{constructor(resource)}"
    )


def texts() -> dict[Path, str]:
    """Each file that has made parts, as it should be."""
    found = {module_of(resource): written(resource) for resource in resources()}
    path = Path(link.__file__)
    before, _, rest = path.read_text().partition(f"    {MADE}\n")
    after = rest.partition(f"    {END}\n")[2]
    return found | {path: f"{before}    {MADE}\n{link_constructor()}\n    {END}\n{after}"}


def link_constructor() -> str:
    """The constructor of a link: required arguments first, each with its type, default and description."""
    fields = sorted(LinkArguments.model_fields.items(), key=lambda item: not item[1].is_required())
    described = {
        "name": "Name of the link. Its resources are called `<name>-job` and so on.",
        **{name: field.description or "" for name, field in fields},
        "opts": "Options of every Pulumi resource. The resources of the link inherit them as children do.",
    }
    rows = [
        textwrap.fill(f"{name}: {text}", 120, initial_indent=" " * 12, subsequent_indent=" " * 16)
        for name, text in described.items()
    ]
    parameters = [f"        {name}: {_parameter(field)}," for name, field in fields]
    return f"""    def __init__(
        self,
        name: str,
        *,
{chr(10).join(parameters)}
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        \"\"\"Declares the link.

        Args:
{chr(10).join(rows)}
        \"\"\"
        given = {{key: value for key, value in locals().items() if key in LinkArguments.model_fields}}
        self._declare(name, given, opts)
"""


def _parameter(field: FieldInfo) -> str:
    """Type and default of an argument of a link; None stands for a default that is a value such as ``Limits()``."""
    marks = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    kind = getattr(field.annotation, "__name__", "") if marks.get("fixed") else accepted(field.annotation)
    kind = f"{marks['also']} | {kind}" if "also" in marks else kind
    if field.is_required():
        return kind
    if isinstance(field.default, BaseModel):
        return f"{kind} | None = None"
    return f"{kind} = {'()' if field.default == [] else repr(field.default)}"


def keywords(resource: type[Resource]) -> str:
    """The arguments as a TypedDict."""
    fields = resource.handler.args.model_fields
    rows = []
    for name, field in fields.items():
        kind = accepted(field.annotation)
        rows.append(f"    {name}: {f'Required[{kind}]' if field.is_required() else kind}")
    return "\n".join(["class _Keywords(TypedDict, total=False):", *rows])


def constructor(resource: type[Resource]) -> str:
    """The two ways to make the resource, and the arguments as outputs."""
    args = resource.handler.args
    outputs = [
        f"        {name}: pulumi.Output[{_given_back(field.annotation)}]"
        for name, field in args.model_fields.items()
        if name not in resource.__annotations__
    ]
    return f"""    {MADE}
    if TYPE_CHECKING:
{chr(10).join(outputs)}

        @overload
        def __init__(
            self, resource_name: str, args: {args.__name__}, opts: pulumi.ResourceOptions | None = None
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    {END}
"""


def accepted(kind: typing.Any) -> str:
    """What a program may pass for an argument of a type."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return accepted(inner[0])
    if origin in {typing.Union, types.UnionType}:
        return " | ".join("None" if each is type(None) else accepted(each) for each in inner)
    if origin is typing.Literal:
        return f"pulumi.Input[{_literal(inner)}]"
    if origin is list:
        return f"pulumi.Input[Sequence[{accepted(inner[0])}]]"
    if origin is dict:
        return f"pulumi.Input[Mapping[str, {accepted(inner[1])}]]"
    if kind in {str, int, bool}:
        return f"pulumi.Input[{kind.__name__}]"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"{kind.__name__} | {_literal([each.value for each in kind])}"
    return "Tenant" if kind is Tenant else f"pulumi.Input[{kind.__name__}]"


def _literal(values: typing.Iterable[typing.Any]) -> str:
    return "Literal[" + ", ".join(f'"{each}"' for each in values) + "]"


def _given_back(kind: typing.Any) -> str:
    """What an argument is as an output: plain JSON."""
    inner = [each for each in typing.get_args(kind) if each is not type(None)]
    if typing.get_origin(kind) in {typing.Union, types.UnionType} and len(inner) == 1:
        given = _given_back(inner[0])
        return given if given == "Any" else f"{given} | None"
    return kind.__name__ if kind in {str, int, bool} else "Any"


def _without(text: str) -> str:
    return re.sub(rf"\n*[ ]*{re.escape(MADE)}\n.*?{re.escape(END)}\n", "\n", text, flags=re.DOTALL)


def write(format: Callable[[Path], None]) -> None:
    """Writes every module, and has each formatted."""
    for path, text in texts().items():
        path.write_text(text)
        format(path)


if __name__ == "__main__":
    import subprocess
    import sys

    def ruff(path: Path) -> None:
        """Formats a file."""
        subprocess.run([Path(sys.executable).with_name("ruff"), "format", "-q", path], check=True)

    write(ruff)

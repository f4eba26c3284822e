"""Types and names of the package's resources, as the engine has them in programs, previews, policies and state.

A Python program declares dynamic resources. The packaged provider, which serves every language, has its own tokens.
"""

from __future__ import annotations

__all__ = [
    "BESIDE",
    "COMPONENT",
    "COMPUTED",
    "DECLARATION",
    "DYNAMIC",
    "EARLIER",
    "LISTS",
    "PACKAGED",
    "PROVIDER",
    "kind_of",
    "kind_of_urn",
    "link_of",
    "name_of_urn",
    "titled",
]

DYNAMIC = "pulumi-python:dynamic/entra:"
PACKAGED = "entra:index:"

COMPONENT = f"{PACKAGED}CrossCloudLink"
"""The component, which has the same token in both forms."""

LISTS = ("graphCalls", "deleteCalls")
"""The lists of calls that check() adds to the inputs of every resource."""

COMPUTED = (*LISTS, "existing", "revision")
"""Keys that check() adds to the inputs of every resource; handlers may name more of their own."""

DECLARATION = "declaration"
"""Input that holds the name of the declaration: project, stack, the parent's type and name, and its own name."""

BESIDE = "declaredBeside"
"""Input in which the first object of a kind has, in preview, the names of all that the program declares."""

EARLIER = "declaredEarlier"
"""Input that holds the names of the objects of this kind that the program declares earlier; state does not keep it."""

PROVIDER = "__provider"
"""Input and output in which Pulumi keeps the handler of a dynamic resource."""


def kind_of(token: str) -> str | None:
    """The kind of a resource, e.g. ``SynchronizationJob``. None for components, and for resources of other packages."""
    for prefix in (DYNAMIC, PACKAGED):
        if token.startswith(prefix) and token != COMPONENT:
            return token.removeprefix(prefix)
    return None


def kind_of_urn(urn: str) -> str | None:
    """The same, of the resource that a URN names."""
    return kind_of(_token(urn))


def name_of_urn(urn: str) -> str:
    """The name in the program of the resource that a URN names."""
    return urn.split("::", 3)[3]


def link_of(urn: str, parent: str | None) -> str:
    """Name of the link that the resource *urn* belongs to: its *parent*'s, or its own if no link declares it."""
    return name_of_urn(parent if parent and _token(parent) == COMPONENT else urn)


def _token(urn: str) -> str:
    """The type of the resource itself, without those of its parents."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


def titled(message: str) -> str:
    """A message of the engine that begins with a type, with the type as this package writes it: ``entra:Kind``."""
    for prefix in (DYNAMIC, PACKAGED):
        if message.startswith(prefix):
            return f"entra:{message.removeprefix(prefix)}"
    return message

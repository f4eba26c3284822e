"""Which function answers which method and path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

import orjson

from entra_sync.emulator.errors import Fault, bad_request, not_emulated
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.wire import Reply
from entra_sync.microsoft.assumptions import Facts
from entra_sync.microsoft.clouds import Cloud

__all__ = ["Answer", "Match", "Route", "Router"]

Answer = Callable[..., Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One documented operation: its method, path template and function.

    Attributes:
        versions: API versions that know the operation.
        feature: Assumption that says which clouds have the operation; empty if all have it.
        key: The name under which the permission table lists the operation. Placeholders are all called id; counting
            and casting a collection needs what reading it needs, and so does reading references to what is in it.
        names: Names of the placeholders.
    """

    method: str
    template: str
    answer: Answer
    versions: tuple[str, ...]
    feature: str = ""
    key: str = field(init=False)
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        parts = self.template.strip("/").split("/")
        same = {"{cast}", "$count", "$ref"} if self.method == "GET" else {"{cast}", "$count"}
        counted = [part for part in parts if part not in same]
        path = "/".join("{id}" if part.startswith("{") else part.lower() for part in counted)
        object.__setattr__(self, "key", f"{self.method} /{path.replace('microsoft.graph.delta', 'delta')}")
        object.__setattr__(self, "names", tuple(part[1:-1] for part in parts if part.startswith("{")))

    def answers_in(self, cloud: Cloud, facts: Facts) -> bool:
        """Whether a cloud has the operation."""
        return not self.feature or facts[f"{self.feature}.{cloud}"] is True


@dataclass(frozen=True, slots=True)
class Match:
    """A route and the values of its placeholders."""

    route: Route
    values: dict[str, str]

    def answer(self, call: Call) -> Reply:
        """Run the route's function."""
        return self.route.answer(call, **self.values)


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    placeholder: _Node | None = None
    casts: bool = False
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """Routes as a tree of path segments; names match without regard to case, as recorded answers show."""

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self._root = _Node()

    def on(
        self,
        method: str,
        *templates: str,
        versions: tuple[str, ...] = ("v1.0", "beta"),
        feature: str = "",
    ) -> Callable[[Answer], Answer]:
        """Registers a function for a method and one or more path templates such as ``/users/{id}``."""

        def register(answer: Answer) -> Answer:
            for template in templates:
                self._add(Route(method, template, answer, versions, feature))
            return answer

        return register

    def include(self, other: Router, versions: tuple[str, ...] | None = None) -> None:
        """Take over the routes of an area, for their own or for some versions."""
        for route in other.routes:
            self._add(route if versions is None else replace(route, versions=versions))

    def _add(self, route: Route) -> None:
        self.routes.append(route)
        node = self._root
        for part in route.template.strip("/").split("/"):
            if part.startswith("{"):
                node.placeholder = node.placeholder or _Node()
                node.casts = node.casts or part == "{cast}"
                node = node.placeholder
            else:
                node = node.children.setdefault(part.lower(), _Node())
        for version in route.versions:
            node.routes[f"{version} {route.method}"] = route

    def match(self, method: str, version: str, parts: list[str], cloud: Cloud, facts: Facts) -> Match:
        """Finds the route for a request.

        Raises:
            Fault: 501 naming a path or method that the emulator does not know, 405 for one that Graph lacks, 400 for an
                operation that the cloud lacks.
        """
        found = self._walk(self._root, parts, 0, [])
        if found is None or not any(key.startswith(f"{version} ") for key in found[0].routes):
            raise Fault(
                501,
                "NotImplemented",
                f"The emulator does not know the path /{version}/{'/'.join(parts)}. It answers the paths listed"
                " in its documentation.",
            )
        node, values = found
        route = node.routes.get(f"{version} {method}")
        if route is None:
            raise _refused(method, version, parts, node)
        if not route.answers_in(cloud, facts):
            last = next(part for part in reversed(route.template.split("/")) if not part.startswith("{"))
            raise bad_request(f"Resource not found for the segment '{last}'.", "BadRequest")
        return Match(route, dict(zip(route.names, values, strict=True)))

    def _walk(self, node: _Node, parts: list[str], at: int, values: list[str]) -> tuple[_Node, list[str]] | None:
        if at == len(parts):
            return (node, values) if node.routes else None
        part = parts[at].lower()
        # A bound action may be spelled with its namespace ("OData, Addressing Actions").
        child = node.children.get(part) or node.children.get(part.removeprefix("microsoft.graph."))
        if child is not None:
            found = self._walk(child, parts, at + 1, values)
            if found is not None:
                return found
        if node.placeholder is not None and not _is_operation(part, casts=node.casts):
            return self._walk(node.placeholder, parts, at + 1, [*values, parts[at]])
        return None


@cache
def _lacking() -> dict[str, list[str]]:
    """Returns the methods that Graph has on the emulator's paths and the emulator lacks (scripts/graph_permissions)."""
    found: dict[str, list[str]] = orjson.loads((files(__package__) / "lacking.json").read_bytes())
    return found


def _refused(method: str, version: str, parts: list[str], node: _Node) -> Fault:
    known = [route for key, route in node.routes.items() if key.startswith(f"{version} ")]
    # The name of an action stands where other paths have an id: that Graph lacks it is not known.
    action = method == "POST" and parts[-1].isalpha() and known[0].template.endswith("}")
    if action or method in _lacking().get(known[0].key.split(" ", 1)[1], []):
        return not_emulated(f"{method} /{version}/{'/'.join(parts)}")
    return Fault(
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed for the request target.",
        headers={"Allow": ", ".join(sorted(route.method for route in known))},
    )


_OPERATIONS = {"$count", "$ref", "$value", "$batch", "$metadata", "$entity", "$all", "$filter", "$each", "delta"}
"""Segments with a meaning of their own ("OData, URL Conventions"). Other names may begin with a dollar."""


def _is_operation(part: str, *, casts: bool) -> bool:
    """Whether a segment is not an identifier, but something that the service can do and the emulator cannot."""
    return part in _OPERATIONS or (part.startswith("microsoft.graph.") and not casts)


def merged(*routers: Router) -> Router:
    """One router of several areas."""
    together = Router()
    for router in routers:
        together.include(router)
    return together

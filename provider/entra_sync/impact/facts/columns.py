"""What is read of a person through Graph, and the columns that it becomes.

A record has one column per attribute, under the service's name of the attribute (``mobile``, not Graph's
``mobilePhone``), after the columns that every person has (:data:`IDENTITY`). Which property of Graph's user resource
holds an attribute says :mod:`entra_sync.expressions.schema.attributes`. Pages are decoded from their bytes into
columns, and a value that is not of the column's kind is an error, never a null.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
import polars as pl

from entra_sync.errors import ConfigurationError, GraphError
from entra_sync.expressions.schema.attributes import COMPUTED_ATTRIBUTES, GRAPH_PROPERTIES

__all__ = ["IDENTITY", "Page", "UserColumns"]

JSON = Any

IDENTITY = (
    "id",
    "userPrincipalName",
    "displayName",
    "mail",
    "proxyAddresses",
    "accountEnabled",
    "userType",
    "userState",
    "creationType",
)
"""Columns of every record: who a person is, and what tells members of the tenant from invited ones.

``id`` is the object id, ``userState`` and ``creationType`` are Graph's ``externalUserState`` and ``creationType``.
"""

_BOOLEANS = frozenset({"accountEnabled", "showInAddressList", "onPremisesSyncEnabled"})
_LISTS = frozenset({"businessPhones", "imAddresses", "otherMails", "proxyAddresses"})
_OTHER_PROPERTIES = {"id": "id", "creationType": "creationType"}
_USER = "#microsoft.graph.user"
_EXTENSION = re.compile(r"extension_[0-9A-Za-z]{32}_\w+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of people.

    Attributes:
        people: The record's columns.
        next: Link to the next page, None on the last.
    """

    people: pl.DataFrame
    next: str | None


@dataclass(frozen=True)
class UserColumns:
    """The attributes to read of each person.

    Args:
        attributes: Names of the service; those that it computes itself are left out.
        booleans: Directory extensions that hold Booleans; other extensions hold texts.

    Raises:
        ConfigurationError: An attribute that Graph's user resource does not have.
    """

    attributes: tuple[str, ...]
    booleans: frozenset[str] = frozenset()

    @classmethod
    def of(cls, attributes: Iterable[str], booleans: Iterable[str] = ()) -> UserColumns:
        """The record of some attributes in a fixed order, so that equal needs give equal requests."""
        wanted = sorted(set(attributes) - set(IDENTITY) - set(COMPUTED_ATTRIBUTES))
        record = cls(tuple(wanted), frozenset(booleans) & set(wanted))
        _ = record.paths
        return record

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All columns."""
        return (*IDENTITY, *self.attributes)

    @cached_property
    def paths(self) -> dict[str, str]:
        """Column → where Graph's user resource has it."""
        return {name: _path(name) for name in self.names}

    @cached_property
    def select(self) -> str:
        """The ``$select`` of the properties that are read; a manager also needs :attr:`expand`."""
        properties = {_root(path) for path in self.paths.values()} - {"manager"}
        return ",".join(sorted(properties))

    @cached_property
    def query(self) -> str:
        """The query options that ask for this record."""
        expand = "&$expand=manager($select=id)" if "manager" in self.attributes else ""
        return f"$select={self.select}{expand}"

    @cached_property
    def schema(self) -> dict[str, pl.DataType]:
        """Column → kind: texts, Booleans or lists of texts; null is an absent attribute.

        The last one is ``deleted``, the time of a soft delete.
        """
        return {**{name: self._kind(name, path) for name, path in self.paths.items()}, "deleted": pl.String()}

    def empty(self) -> pl.DataFrame:
        """A record without users."""
        return pl.DataFrame(schema=self.schema)

    def page(self, content: bytes, purpose: str) -> Page:
        """Decodes a page of users; directory objects of other kinds that are on it are left out.

        Raises:
            GraphError: It is not one, or a user has a value of another kind than the attribute's.
        """
        item = pl.Struct(self._page_schema)
        try:
            page = pl.read_json(io.BytesIO(content), schema={"@odata.nextLink": pl.String, "value": pl.List(item)})
        except pl.exceptions.ComputeError as problem:
            raise GraphError(f"while {purpose}: a page cannot be read: {str(problem).splitlines()[0]}") from None
        if page.height != 1 or page["value"][0] is None:
            raise GraphError(f"while {purpose}: the answer is not a page of users")
        rows = page["value"].explode(empty_as_null=False)
        rows = rows.filter(rows.struct.field("@odata.type").fill_null(_USER) == _USER)
        return Page(self._columns(rows), page["@odata.nextLink"][0])

    def rows(self, users: Iterable[Mapping[str, JSON]]) -> pl.DataFrame:
        """The record of users that are JSON objects already.

        Raises:
            GraphError: A user has a value of another kind than the attribute's.
        """
        return self.page(orjson.dumps({"value": list(users)}), "reading users").people

    def require(self, user: Mapping[str, JSON], purpose: str) -> None:
        """Checks that an answer has the properties that were asked for: one that is missing would pass for empty.

        Raises:
            GraphError: It lacks one.
        """
        missing = [name for name in self.select.split(",") if name not in user]
        if missing:
            raise GraphError(f"while {purpose}: the answer lacks {', '.join(missing)}, so nothing is known about it")

    @cached_property
    def _page_schema(self) -> dict[str, pl.DataType]:
        """Kind of each property as it stands in a page."""
        inner: dict[str, dict[str, pl.DataType]] = {}
        plain: dict[str, pl.DataType] = {}
        for name, path in self.paths.items():
            root, _, rest = path.partition(".")
            if rest:
                inner.setdefault(root, {})[rest] = pl.String()
            else:
                plain[_root(path)] = self._property_kind(name, _root(path))
        annotations = {"@odata.type": pl.String(), "deletedDateTime": pl.String()}
        return {**annotations, **plain, **{root: pl.Struct(fields) for root, fields in inner.items()}}

    def _columns(self, rows: pl.Series) -> pl.DataFrame:
        expressions = []
        for name, path in self.paths.items():
            root, _, rest = path.partition(".")
            column = pl.col(_root(root))
            if rest:
                column = column.struct.field(rest)
            elif path.endswith("[0]"):
                column = column.list.first()
            expressions.append(column.alias(name))
        return rows.struct.unnest().select(*expressions, pl.col("deletedDateTime").alias("deleted"))

    def _property_kind(self, name: str, root: str) -> pl.DataType:
        if root in _LISTS:
            return pl.List(pl.String)
        return pl.Boolean() if root in _BOOLEANS or name in self.booleans else pl.String()

    def _kind(self, name: str, path: str) -> pl.DataType:
        return pl.String() if path.endswith("[0]") or "." in path else self._property_kind(name, _root(path))


def _root(path: str) -> str:
    return path.partition(".")[0].removesuffix("[0]")


def _path(name: str) -> str:
    path = _OTHER_PROPERTIES.get(name) or GRAPH_PROPERTIES.get(name)
    if path is None and _EXTENSION.fullmatch(name):
        path = name
    if path is None:
        raise ConfigurationError(
            f'attribute "{name}" cannot be read through Microsoft Graph, so what it gives for people cannot be known'
        )
    return path

"""A declared link as a file: what `entra-sync impact --link` reads, and what a preview leaves for it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from entra_sync.base.args import problems
from entra_sync.errors import ConfigurationError
from entra_sync.expressions import Mappings, ScopingFilter
from entra_sync.impact.declared.read import Declared
from entra_sync.impact.facts.snapshot import private_directory, write_privately
from entra_sync.impact.planning.limits import Limits
from entra_sync.tenant import Tenant

__all__ = ["LinkFile"]

JSON = Any


class LinkFile(BaseModel):
    """A link as a program declares it, with the ids that are known.

    Args:
        source: Tenant that people come from.
        target: Tenant that they are synchronized into.
        service_principal_id: The link's application; null while it does not exist.
        everyone: All users are in scope.
        groups: Object ids of the groups in scope.
        users: Object ids of the users in scope, one by one.
        mappings: Declared mappings; what is not declared stays.
        filters: Declared filter; null: it stays as it is.
        released: Target attributes that were declared before and are no longer.
        enabled: Whether the job runs.
        deletion_threshold: The service's own deletion threshold; null for none.
        restart: What a restart that comes with the change forgets.
        unknown: What is not known before `up`.
        actions: What the job may do in the target: create, update, delete; null for what the template allows.
        limits: What the plan is judged by.
    """

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True
    )

    source: Tenant
    target: Tenant
    service_principal_id: str | None = None
    everyone: bool = False
    groups: list[str] = []
    users: list[str] = []
    mappings: Mappings = Mappings(())
    filters: ScopingFilter | None = None
    released: list[str] = []
    enabled: bool = True
    deletion_threshold: int | None = Field(default=500, ge=1)
    restart: list[str] = []
    unknown: list[str] = []
    actions: list[Literal["create", "update", "delete"]] | None = None
    limits: Limits = Limits()

    @classmethod
    def of(cls, source: Tenant, target: Tenant, owner: str | None, declared: Declared, limits: Limits) -> Self:
        """The file of a declaration."""
        return cls(
            source=source,
            target=target,
            service_principal_id=owner,
            everyone=declared.everyone,
            groups=sorted(declared.groups),
            users=sorted(declared.users),
            mappings=declared.mappings,
            filters=declared.filters,
            released=list(declared.released),
            enabled=declared.running,
            deletion_threshold=declared.threshold,
            restart=[str(each) for each in declared.restarts],
            unknown=list(declared.unknown),
            actions=None if declared.actions is None else [*declared.actions],
            limits=limits,
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """The link in a file.

        Raises:
            ConfigurationError: It cannot be read, or does not fit; the message names the property.
        """
        try:
            return cls.model_validate(orjson.loads(path.read_bytes()))
        except OSError as problem:
            raise ConfigurationError(f"{path}: {problem.strerror}") from None
        except orjson.JSONDecodeError as problem:
            raise ConfigurationError(f"{path}: it is not JSON: {problem}") from None
        except ValidationError as error:
            # A name that is misspelt says more than the one that is missing for it.
            where, why = max(problems(cls, error), key=lambda problem: problem[1].startswith("there is no argument"))
            # A tenant's own message ends with the line of a program, and there is none here.
            raise ConfigurationError(f"{path}: {where}: {re.sub(r' [(][^()]*:[0-9]+[)]$', '', why)}") from None

    @property
    def declared(self) -> Declared:
        """What it declares."""
        return Declared(
            everyone=self.everyone,
            groups=frozenset(id.lower() for id in self.groups),
            users=frozenset(id.lower() for id in self.users),
            mappings=self.mappings,
            filters=self.filters,
            released=tuple(self.released),
            running=self.enabled,
            threshold=self.deletion_threshold,
            restarts=tuple(self.restart),
            unknown=tuple(self.unknown),
            actions=None if self.actions is None else tuple(self.actions),
        )

    def content(self) -> bytes:
        """The file's text."""
        return orjson.dumps(self.model_dump(mode="json", by_alias=True), option=orjson.OPT_INDENT_2)

    def leave(self, directory: Path) -> None:
        """Writes the link into a directory that a preview leaves its links in, for its owner only.

        Two links of the same tenants have files of their own, by their applications, or by whom they bring into scope.
        """
        private_directory(directory)
        whose: list[JSON] = [self.source.tenant_id, self.target.tenant_id, self.service_principal_id]
        whose += [] if self.service_principal_id else [self.everyone, sorted(self.groups), sorted(self.users)]
        key = hashlib.sha256(orjson.dumps(whose)).hexdigest()[:16]
        write_privately(directory / f"{self.source.name}-to-{self.target.name}-{key}.json", self.content())

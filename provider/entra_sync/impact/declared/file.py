"""A declared link as a file: what `entra-sync impact --link` reads, and what a preview leaves for it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Self

import orjson
from pydantic import ValidationError

from entra_sync.errors import ConfigurationError
from entra_sync.errors.problems import problems
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.private_files import private_directory, write_privately
from entra_sync.impact.planning.limits import Limits
from entra_sync.microsoft.tenant import Tenant

__all__ = ["LinkFile"]

JSON = Any


class LinkFile(Declaration):
    """A declaration with its tenants and limits, and with the ids that are known.

    Args:
        source: Tenant that users come from.
        target: Tenant that they are synchronized into.
        service_principal_id: The link's application; null while it does not exist.
        limits: What the plan is judged by.
    """

    source: Tenant
    target: Tenant
    service_principal_id: str | None = None
    limits: Limits = Limits()

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
            found = problems(cls, error, json=True, unknown_first=True)[0]
            if not found.where:
                raise ConfigurationError(f"{path}: it is not a JSON object") from None
            raise ConfigurationError(f"{path}: {found}") from None

    def content(self) -> bytes:
        """The file's text."""
        return orjson.dumps(self.model_dump(mode="json", by_alias=True), option=orjson.OPT_INDENT_2)

    @property
    def key(self) -> str:
        """A name for files of the link, which no other link has.

        Two links of the same tenants differ in their applications or, before these exist, in the users that they add.
        """
        whose: list[JSON] = [self.source.tenant_id, self.target.tenant_id, self.service_principal_id]
        whose += [] if self.service_principal_id else [self.everyone, sorted(self.groups), sorted(self.users)]
        key = hashlib.sha256(orjson.dumps(whose)).hexdigest()[:16]
        return f"{self.source.name}-to-{self.target.name}-{key}"

    def leave(self, directory: Path) -> None:
        """Writes the link into a directory that a preview leaves its links in, for its owner only."""
        private_directory(directory)
        write_privately(directory / f"{self.key}.json", self.content())

"""A program whose links are up between emulated tenants, as tests ask about it."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from entra_sync.emulator import Emulator, Tenant as EmulatedTenant
from entra_sync.emulator.cycle.run import Summary
from entra_sync.emulator.state.catalog.entities import entity
from entra_sync.emulator.state.directory import Directory
from entra_sync.emulator.state.store import Entry
from entra_sync.environment import LINKS, reading
from entra_sync.errors import ConfigurationError, NoSuchPerson
from entra_sync.graph.gateway import Graph, connect, connecting
from entra_sync.impact.declared.file import LinkFile
from entra_sync.microsoft.tenant import Tenant
from entra_sync.operate.project.configuration import configuration, project_name
from entra_sync.operate.project.program import Program
from entra_sync.testing.running import carry_out
from entra_sync.testing.saved import SavedTenants
from entra_sync.testing.tenants import fill, user_values

__all__ = ["Synchronized"]

JSON = Any


class Synchronized:
    """A program after `pulumi up` and one synchronization cycle, in emulated tenants.

    Args:
        program: Directory with Pulumi.yaml.
        stack: Stack whose file configures the program.
        tenants: Directory with CSV files or of `entra-sync impact --save`, or a snapshot of the emulator.

    Attributes:
        emulator: The emulated tenants.
        links: The links that the program declares.
        start: Snapshot that :meth:`reset` returns to.

    Raises:
        ConfigurationError: A file or the program cannot be used.
    """

    def __init__(self, program: Path, stack: str, tenants: Path) -> None:
        self._files = tenants
        self._saved = SavedTenants.of(tenants)
        self._filled: set[str] = set()
        self._lock = threading.Lock()
        self._problem: ConfigurationError | None = None
        self.emulator = Emulator()
        self.start: Path | None = None
        if tenants.is_file():
            self.emulator.reset(tenants)
        elif not tenants.is_dir():
            raise ConfigurationError(f"{tenants} does not exist; entra_tenants names the directory with the CSV files")
        self.links: list[LinkFile] = self._up(Program(program, stack), stack)
        if self._saved is not None:
            for link in self.links:
                self._saved.require(link)
        unused = {file.name.partition(".")[0] for file in tenants.glob("*.csv")} - self._filled
        if unused:
            known = ", ".join(sorted(self.emulator.tenants))
            raise ConfigurationError(f"{tenants}: the program has no tenant {', '.join(sorted(unused))}, only {known}")
        self.run_cycle()

    # -- what tests ask

    def account(self, user: str, *, target: str | None = None) -> dict[str, JSON] | None:
        """The account that a user of the source has in the target; None if the user is not synchronized.

        Args:
            user: User principal name, mail address or object id of the user in the source.
            target: Name of the target tenant, if the program has links to several.

        Returns:
            The properties of the account, by the names of Microsoft Graph. An empty property is None.

        Raises:
            NoSuchPerson: No source has this user.
            ConfigurationError: The user has accounts in several targets, and none was named.
        """
        found: dict[str, dict[str, JSON]] = {}
        known = False
        for link in self._links(target):
            person = self._user(link.source.name, user)
            known = known or person is not None
            account = self._account(link, person.id) if person is not None else None
            if account is not None:
                shape = entity("user")
                found[link.target.name] = shape.project(account.doc, tuple(shape.properties))
        if not known:
            raise NoSuchPerson(self._unknown(user, {link.source.name for link in self._links(target)}))
        if len(found) > 1:
            raise ConfigurationError(f'"{user}" has accounts in {" and ".join(found)}; name one with target="…"')
        return next(iter(found.values()), None)

    def accounts(self, target: str | None = None) -> list[str]:
        """User principal names of the users who are synchronized, in alphabetical order."""
        found: set[str] = set()
        for link in self._links(target):
            directory = self._directory(link.source.name)
            for person in directory.store.objects(directory.tid, "user"):
                if self._account(link, person.id) is not None:
                    found.add(str(person.doc["userPrincipalName"]))
        return sorted(found)

    def why(self, user: str, *, target: str | None = None) -> str:
        """Why a user is, or is not, synchronized, as `entra-sync why` prints it."""
        from rich.console import Console

        from entra_sync.impact.why import terminal, why

        text = io.StringIO()
        with self._connected():
            for link in self._links(target):
                answer = why(
                    connect(link.source),
                    connect(link.target),
                    link.service_principal_id,
                    link,
                    user,
                    moment=self.emulator.clock.now(),
                )
                terminal(answer, Console(file=text, width=110))
        return text.getvalue()

    # -- what tests change

    def change(self, user: str, **values: str) -> None:
        """Changes properties of a user in the source, as texts; the next cycle sees them.

        Raises:
            NoSuchPerson: No source has this user.
            ConfigurationError: A name is not a property of a user, or a value is not of its type.
        """
        names = {link.source.name for link in self.links}
        for name in sorted(names):
            person = self._user(name, user)
            if person is not None:
                texts = {key: text for key, text in values.items() if text != ""}
                emptied = {key: None for key, text in values.items() if text == ""}
                self._directory(name).update("user", person.id, {**user_values(texts, f"change({user!r})"), **emptied})
                return
        raise NoSuchPerson(self._unknown(user, names))

    def run_cycle(self) -> list[Summary]:
        """Runs one synchronization cycle of every job that is started.

        Returns:
            What each cycle did: ``counts`` of users by what happened to them, and ``reason`` if the cycle put its job
            into quarantine, such as ``TooManyDeletes``.

        Raises:
            ConfigurationError: A cycle failed, or a job is in quarantine and its next cycle is not due yet.
        """
        found = self.emulator.run_cycle()
        done = {summary.job_id for summary in found if summary.state != "Failed"}
        problems = [problem for link in self.links for problem in self._stopped(link, done)]
        if problems:
            raise ConfigurationError("; ".join(problems))
        return found

    def reset(self) -> None:
        """Returns to the moment after the first cycle."""
        if self.start is not None:
            self.emulator.reset(self.start)

    # -- below

    def _up(self, program: Program, stack: str) -> list[LinkFile]:
        root, project = program.project()
        main = program.main()
        config = configuration(root, project, stack)
        with tempfile.TemporaryDirectory() as directory, self._connected(), reading(LINKS, directory):
            try:
                carry_out(main, project_name(root, project), stack, config)
            except ConfigurationError as problem:
                raise self._problem or problem from None
            found = [LinkFile.read(file) for file in sorted(Path(directory).glob("*.json"))]
        if not found:
            raise ConfigurationError(f"{main}: the program declares no CrossCloudLink")
        return found

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Gateways lead to the emulated tenants, whatever addresses the configuration has; a wait takes no time."""

        async def sleep(seconds: float) -> None:
            self.emulator.clock.advance(timedelta(seconds=seconds))

        def make(tenant: Tenant) -> Graph:
            emulated = self._emulated(tenant)
            plain = tenant.model_copy(update={"graph_url": None, "authority_url": None})
            return Graph(
                plain,
                credential=self.emulator.credential(emulated),
                transport=self.emulator.transport(),
                sleep=sleep,
            )

        with connecting(make):
            yield

    def _emulated(self, tenant: Tenant) -> EmulatedTenant:
        """The emulated tenant for one of the program, filled from its file when it is first asked for."""
        with self._lock:
            tenants = {each.tenant_id: each for each in self.emulator.tenants.values()}
            if tenant.tenant_id in tenants:
                return tenants[tenant.tenant_id]
            if self._files.is_file():
                known = ", ".join(f"{each.name} ({id})" for id, each in tenants.items())
                raise ConfigurationError(
                    f"{self._files}: the snapshot has no tenant with the id of {tenant.name}, {tenant.tenant_id}; "
                    f"it has {known}"
                )
            made = self.emulator.add_tenant(tenant.name, tenant.cloud, tenant_id=tenant.tenant_id)
            try:
                if self._saved is not None:
                    self._saved.fill(self.emulator, made)
                elif fill(self.emulator, made, self._files):
                    self._filled.add(tenant.name)
            except ConfigurationError as problem:
                self._problem = problem  # A resource, which asks first, would add its own name.
                raise
            for other in tenants.values():
                made.allow_links_from(other)
                other.allow_links_from(made)
            return made

    def _links(self, target: str | None) -> list[LinkFile]:
        found = [link for link in self.links if target in (None, link.target.name)]
        if not found:
            known = ", ".join(sorted({link.target.name for link in self.links}))
            raise ConfigurationError(f'no link of the program has the target "{target}"; targets are {known}')
        return found

    def _directory(self, tenant: str) -> Directory:
        found = self.emulator.tenants[tenant]
        return Directory(found.store, found.clock, found.tenant_id)

    def _user(self, tenant: str, user: str) -> Entry | None:
        directory = self._directory(tenant)
        store, wanted = directory.store, user.lower()
        ids = [*store.find(directory.tid, "userPrincipalName", user), *store.find(directory.tid, "address", wanted)]
        return directory.find(ids[0] if ids else wanted, ("user",))

    def _account(self, link: LinkFile, user: str) -> Entry | None:
        """The account that the link's job made for a user, unless it is gone or soft-deleted."""
        source = self._directory(link.source.name)
        for job in source.store.objects(source.tid, "job", parent=link.service_principal_id):
            entry = source.store.get(source.tid, "link", f"{job.id}/{user}")
            account = entry.doc["target"] if entry is not None and not entry.doc["removed"] else None
            if account is not None:
                return self._directory(link.target.name).find(account, ("user",))
        return None

    def _stopped(self, link: LinkFile, done: set[str]) -> Iterator[str]:
        """The jobs of a link that are in quarantine and did nothing in this cycle."""
        directory = self._directory(link.source.name)
        for job in directory.store.objects(directory.tid, "job", parent=link.service_principal_id):
            quarantine = job.doc["status"]["quarantine"]
            if quarantine is not None and job.id not in done:
                yield (
                    f"the job from {link.source.name} to {link.target.name} is in quarantine, so its cycle changed "
                    f"nothing: {quarantine['error']['message']} The next cycle is due at {quarantine['nextAttempt']} "
                    "of emulator.clock"
                )

    def _unknown(self, user: str, tenants: set[str]) -> str:
        names = [
            str(person.doc["userPrincipalName"])
            for tenant in sorted(tenants)
            for person in self._directory(tenant).store.objects(self._directory(tenant).tid, "user")
        ]
        near = get_close_matches(user, names, 3)
        hint = f"; similar: {', '.join(near)}" if near else ""
        return f'{" and ".join(sorted(tenants))} has no user "{user}"{hint}'

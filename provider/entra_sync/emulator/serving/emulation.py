"""The emulator within a process: tenants, tokens, cycles and the clock, without a network."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Self

from azure.core.credentials import AccessToken

from entra_sync.emulator.conditions.faults import Injection
from entra_sync.emulator.cycle.run import Summary
from entra_sync.emulator.cycle.scheduler import jobs, run_cycles
from entra_sync.emulator.graph.applications.application_templates import gallery
from entra_sync.emulator.http.call import Claims
from entra_sync.emulator.http.journal import Journal
from entra_sync.emulator.http.transport import Transport
from entra_sync.emulator.identity.login import roles_of
from entra_sync.emulator.identity.tokens import LIFETIME
from entra_sync.emulator.samples.tenants import build_sample, refuse_unknown
from entra_sync.emulator.service import Service
from entra_sync.emulator.state.catalog.entities import plain_answer
from entra_sync.emulator.state.clock import Clock
from entra_sync.emulator.state.store import Store
from entra_sync.emulator.state.tenants import Tenant, create_tenant
from entra_sync.errors import ConfigurationError
from entra_sync.microsoft.assumptions import Facts
from entra_sync.microsoft.clouds import CLOUDS, Cloud

__all__ = ["Emulation"]

_FILE = "emulator.sqlite3"

_RENEWAL = 300
"""Seconds before its end at which a token is renewed, as azure-identity does."""


class Credential:
    """A token credential in the sense of azure-core."""

    def __init__(self, emulator: Emulation, tenant: Tenant | str, roles: tuple[str, ...] | None) -> None:
        self._emulator, self._tenant, self._roles = emulator, tenant, roles
        self._issued: tuple[int, AccessToken] | None = None

    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        """An access token for the tenant's Graph; a new one if it may hold other permissions or expires soon."""
        now, version = int(self._emulator.clock.wall()), self._emulator.service.store.version
        if self._issued is None or self._issued[0] != version or self._issued[1].expires_on - now < _RENEWAL:
            token = self._emulator.token(self._tenant, self._roles)
            self._issued = version, AccessToken(token, now + LIFETIME)
        return self._issued[1]


def _hold(state: Path | None) -> IO[bytes] | None:
    """Keeps other emulators away from a state directory for as long as the file that is returned is open.

    Raises:
        ConfigurationError: Another one, in this process or elsewhere, has it.
    """
    if state is None or sys.platform == "win32":
        return None
    import fcntl

    (state / "lock").touch(mode=0o600)
    file = (state / "lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise ConfigurationError(
            f"{state} is in use by another emulator; stop it, or choose another directory"
        ) from None
    return file


class Emulation:
    """A Microsoft Graph of several clouds and tenants.

    Args:
        state: Directory that the state lives in and survives a restart; None keeps it in memory.
        seed: Identifiers are drawn from it, so equal programs see equal ones.
        clock: The service's time. By default it stands still for an emulator in memory, and runs for one with a
            directory.
        facts: What the service is like; as the state has it, or as this package assumes it, if not given.

    Example:
        emulator = Emulator.sample("contoso", people=200)
        graph = Graph(tenant, credential=…, transport=emulator.transport())
    """

    def __init__(
        self, state: Path | None = None, *, seed: int = 1, clock: Clock | None = None, facts: Facts | None = None
    ) -> None:
        self.state = state
        if state is not None:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._held = _hold(state)
        self.clock = clock or Clock(running=state is not None)
        store = Store(state / _FILE if state is not None else None, seed, plain_answer)
        self.service = Service(self.clock, store, persistent=state is not None)
        saved = store.setting("clock")
        if saved is not None and datetime.fromisoformat(saved) > self.clock.now():
            self.clock.set(datetime.fromisoformat(saved))
        self.assume(facts or store.facts)

    def assume(self, facts: Facts) -> None:
        """Behave by these facts from now on, such as those that ``entra-sync verify`` found in real tenants."""
        store = self.service.store
        with store.transaction():
            store.assume(facts)
            for entry in list(store.objects("", "applicationTemplate")):
                store.remove("", "applicationTemplate", entry.id)
            for id, template in gallery(facts).items():
                store.put("", "applicationTemplate", id, template)

    @classmethod
    def sample(
        cls,
        name: str = "contoso",
        *,
        seed: int = 1,
        people: int = 200,
        state: Path | None = None,
        clock: Clock | None = None,
        facts: Facts | None = None,
    ) -> Self:
        """An emulator with sample tenants; a state directory that has tenants already is opened as it is.

        Raises:
            ValueError: no sample of that name.
        """
        refuse_unknown(name)
        emulator = cls(state, seed=seed, clock=clock, facts=facts)
        if not emulator.tenants:
            build_sample(emulator.service, name, seed=seed, people=people)
        return emulator

    def close(self) -> None:
        """Save the clock and close the state."""
        self.save_clock()
        self.service.store.close()
        if self._held is not None:
            self._held.close()

    def save_clock(self) -> None:
        """Note the emulated moment, so that it goes on from there."""
        self.service.store.set_setting("clock", self.clock.now().isoformat())

    # Tenants

    @property
    def tenants(self) -> dict[str, Tenant]:
        """Tenants by name."""
        return {tenant.name: tenant for tenant in self.service.tenants()}

    def add_tenant(
        self,
        name: str,
        cloud: Cloud | str = Cloud.GLOBAL,
        *,
        display_name: str | None = None,
        tenant_id: str | None = None,
    ) -> Tenant:
        """Make an empty tenant with an application for its administrators.

        Raises:
            ValueError: the name or id is taken.
        """
        if name in self.tenants or (tenant_id and self.service.tenant(tenant_id)):
            raise ValueError(f'there is a tenant "{name}" or with id {tenant_id} already')
        return create_tenant(
            self.service.store, self.clock, name, Cloud(cloud), display_name=display_name, tenant_id=tenant_id
        )

    # Clients in this process

    def transport(self) -> Transport:
        """An httpx transport that answers for the Graph and login hosts of every cloud, without a network."""
        return Transport(self.service)

    def token(
        self,
        tenant: Tenant | str,
        roles: Iterable[str] | None = None,
        *,
        user: str | None = None,
        client_id: str | None = None,
        lifetime: int = LIFETIME,
        audience: str | None = None,
    ) -> str:
        """An access token as the tenant's login authority issues it.

        Args:
            tenant: The tenant or its name.
            roles: Application permissions (scopes, if a user is given); those of the tenant's administration if None.
            user: Id of a signed-in user; the token is a delegated one then.
            client_id: Application; the tenant's administration if None.
            lifetime: Seconds; negative for one that has expired.
            audience: What the token is for; the tenant's own Graph if None.
        """
        found = self.tenants[tenant] if isinstance(tenant, str) else tenant
        service, app_id = self.service, client_id or found.client_id
        principal = service.store.find(found.tenant_id, "servicePrincipal.appId", app_id)[0]
        held = frozenset(roles) if roles is not None else roles_of(service, found.tenant_id, principal)
        claims = Claims(found.tenant_id, user or principal, app_id, held, delegated=user is not None)
        return service.issuers[found.cloud].issue(claims, audience or CLOUDS[found.cloud].graph, lifetime=lifetime)

    def credential(self, tenant: Tenant | str, roles: Iterable[str] | None = None) -> Credential:
        """A credential as azure-identity's are, for clients in this process; *roles* as for :meth:`token`."""
        return Credential(self, tenant, None if roles is None else tuple(roles))

    # What happens

    @property
    def requests(self) -> Journal:
        """What clients asked so far."""
        return self.service.journal

    def run_cycle(self, job_id: str | None = None) -> list[Summary]:
        """Run a synchronization cycle now, of one job or of every active one; quarantined ones only when due."""
        return run_cycles(self.service, job_id)

    def run_due(self) -> list[Summary]:
        """Run the cycles that are due by the clock, and whatever else is due."""
        return run_cycles(self.service, due_only=True)

    def advance(self, by: timedelta) -> list[Summary]:
        """Move the clock and run every cycle that falls due on the way, each at its time."""
        end = self.clock.now() + by
        found: list[Summary] = []
        while True:
            moments = [job.due for job in jobs(self.service) if job.due is not None and job.due <= end]
            if not moments:
                break
            self.clock.advance(max(min(moments) - self.clock.now(), timedelta(0)))
            found += self.run_due()
        self.clock.advance(max(end - self.clock.now(), timedelta(0)))
        self.service.settle()
        return found

    def fault(self, **rule: Any) -> Injection:
        """Make something go wrong; takes the fields of ``Injection``."""
        return self.service.faults.inject(**rule)

    def delay_replication(self, seconds: float, *, share: float = 0.5, seed: int = 1) -> None:
        """From now on a share of the requests meets a replica that is up to so many seconds behind; 0 for none."""
        self.service.replication.delay(
            self.service.store, seconds, now=self.clock.now().timestamp(), share=share, seed=seed
        )

    def throttle(self, enabled: bool = True) -> None:
        """Enforce the documented limits on how much a client may ask, or stop enforcing them."""
        self.service.throttling.enabled = enabled

    def trust_issuer(self, issuer: str, jwks: dict[str, Any]) -> None:
        """Accept federated assertions of an outside issuer, whose keys cannot be fetched from here."""
        self.service.trusted[issuer] = jwks

    # State as a whole

    def snapshot(self, path: Path) -> None:
        """Write the state to a file."""
        self.save_clock()
        self.service.store.snapshot(path)

    def reset(self, path: Path) -> None:
        """Return to a snapshot and its time; the request log and the faults are cleared."""
        self.service.open(path)
        self.clock.return_to(datetime.fromisoformat(str(self.service.store.setting("clock"))))
        self.service.journal.clear()
        self.service.faults.clear()

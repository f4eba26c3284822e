"""A throw-away application with a paused job, for what reads alone cannot show. No user is assigned, nothing runs."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from entra_sync.base.calls import GraphCall
from entra_sync.base.run.sending import execute
from entra_sync.errors import Ambiguous, EntraSyncError, GraphError
from entra_sync.graph import paths
from entra_sync.graph.answers.fresh import building
from entra_sync.graph.paths import segment
from entra_sync.graph.synchronization.job_template import templates, usual_template
from entra_sync.microsoft.assumptions import REGISTER
from entra_sync.operate.verify.probes import gallery_template, job_state, missing_tenant
from entra_sync.operate.verify.reader import MISSING, Application, NotSeen, Reader
from entra_sync.resources.shared import jobs

__all__ = ["KEYS", "NAME", "ThrowawayLink"]

JSON = Any

NAME = "entra-sync verify (safe to delete)"
"""Display name of the throw-away application."""

_CLEARED = {"never-cleared.application": paths.application, "never-cleared.service-principal": paths.service_principal}

KEYS = ("job.new", "error.unknown-tenant", "schema.refused-targets", *_CLEARED)
"""Assumptions that only such an application shows."""


class ThrowawayLink:
    """Makes the application when it is entered, and deletes it at the end.

    Attributes:
        seen: What making it has shown, by assumption.
        problem: Why making it ended early; None if it did not.
    """

    def __init__(self, reader: Reader) -> None:
        self.seen: dict[str, JSON] = {}
        self.problem: EntraSyncError | NotSeen | None = None
        self._reader, self._graph = reader, reader.source
        self._ids: list[str] = []
        self._lost = False

    def __enter__(self) -> ThrowawayLink:
        try:
            self._make()
        except (EntraSyncError, NotSeen) as problem:
            self.problem = problem
        except BaseException:
            self._delete()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._delete()

    def _make(self) -> None:
        template = gallery_template(self._reader)
        path = paths.gallery_template(segment(template), "instantiate")
        try:
            made = self._send("POST", path, {"displayName": NAME}, "making")
        except Ambiguous:
            self._lost = True
            raise
        self._ids = [made["application"]["id"]]
        self._fill(Application(made["servicePrincipal"]["id"], made["servicePrincipal"]["appId"], template))

    def _fill(self, application: Application) -> None:
        """Saves settings and makes a job, which is never started."""
        id, tenant = application.id, self._graph.tenant
        self._graph.wait_for(
            f"{paths.templates(segment(id))}?$select=id",
            f"waiting for the templates of {NAME}",
            until=lambda body: bool(body["value"]),
        )
        template = usual_template(templates(self._graph, id))
        if template is None:
            raise NotSeen("the new application has no default job template")
        call = jobs.validate(tenant.name, id, template, MISSING)
        try:
            execute(self._graph, [GraphCall(call.tenant, call.method, call.path, call.body, call.purpose)], {})
        except GraphError as error:
            self.seen |= missing_tenant(error)
        pairs = [
            *jobs.credentials(self._reader.target.tenant.tenant_id),
            {"key": "SyncAll", "value": "false"},
        ]
        self._send("PUT", paths.secrets(segment(id)), {"value": pairs}, "saving the settings of")
        job = self._send("POST", paths.jobs(segment(id)), {"templateId": template}, "making the job of")
        self.seen |= job_state(job)
        path = paths.schema(segment(id), segment(job["id"]))
        refused = [name for name in REGISTER["schema.refused-targets"].value if self._refuses(path, name)]
        self.seen |= {"schema.refused-targets": refused}
        for key, ids in zip(_CLEARED, (self._ids[0], id), strict=True):
            self.seen |= {key: [name for name in REGISTER[key].value if self._keeps(_CLEARED[key](segment(ids)), name)]}
        if self._reader.application is None:
            self._reader.application, self._reader.throwaway = application, True

    def _refuses(self, path: str, target: str) -> bool:
        """Whether the job's schema cannot have a mapping for an attribute of the target."""
        schema = self._graph.get(path, f"reading the schema of {NAME}")
        rows = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
        mail = next(row["source"] for row in rows if row["targetAttributeName"] == "mail")
        rows.append({"targetAttributeName": target, "flowType": "Always", "source": mail})
        try:
            self._send("PUT", path, schema, "changing the schema of")
        except GraphError as error:
            if error.status != 400:
                raise
            return True
        return False

    def _keeps(self, path: str, name: str) -> bool:
        """Whether a property of what was made cannot be cleared; one that can gets its value back."""
        before = self._graph.get(f"{path}?$select={name}", f"reading {NAME}")[name]
        try:
            self._send("PATCH", path, {name: None}, f"clearing {name} of")
        except GraphError as error:
            if error.status != 400:
                raise
            return True
        self._send("PATCH", path, {name: before}, f"restoring {name} of")
        return False

    def _send(self, method: str, path: str, body: JSON, verb: str) -> JSON:
        answers: dict[str, JSON] = {}
        saves = "made" if method == "POST" else ""
        call = GraphCall(
            self._graph.tenant.name, method, path, body, f"{verb} {NAME}", saves=saves, patience=building()
        )
        execute(self._graph, [call], answers)
        return answers.get("made")

    def _delete(self) -> None:
        """Deletes it; without the answer that has its id, what has its name."""
        which = f'the application "{NAME}"'
        try:
            for id in self._named() if self._lost else self._ids:
                which = f'the application "{NAME}" ({id})'
                path = paths.application(segment(id))
                execute(self._graph, [GraphCall(self._graph.tenant.name, "DELETE", path, None, f"deleting {NAME}")], {})
        except EntraSyncError as problem:
            raise EntraSyncError(f"delete {which} in {self._graph.tenant}: {problem}") from None

    def _named(self) -> list[str]:
        query = quote(f"displayName eq '{NAME}'")
        path = f"{paths.APPLICATIONS}?$filter={query}&$select=id"
        return [item["id"] for item in self._graph.pages(path, f"looking for {NAME}")]

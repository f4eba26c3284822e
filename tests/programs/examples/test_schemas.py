"""Every program against the schema of a real job, its variant, and schemas that are like neither."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from entra_sync.base.run.memory import forget
from entra_sync.emulator import Emulator
from entra_sync.expressions import Mappings, default_schema, defaults, object_mapping, read_mappings, same_schema
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.service_principal import ServicePrincipalArgs, ServicePrincipalHandler
from entra_sync.resources.synchronization_attribute_mapping import (
    SynchronizationAttributeMappingArgs,
    SynchronizationAttributeMappingHandler,
)
from entra_sync.resources.synchronization_job import SynchronizationJobArgs, SynchronizationJobHandler
from entra_sync.resources.synchronization_schema import SynchronizationSchemaArgs, SynchronizationSchemaHandler
from tests.resources.lifecycle import Lifecycle

JSON = Any
ROOT = Path(__file__).parents[3]
PROGRAMS = sorted(path.parent.name for path in ROOT.glob("programs/*/__main__.py"))
RANDOM = settings(
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""Without shrinking: a smaller counterexample takes minutes and says no more, since the first one names the row."""
WRITTEN_BY_PROGRAMS = {
    "city",
    "country",
    "displayName",
    "employeeId",
    "employeeType",
    "facsimileTelephoneNumber",
    "jobTitle",
    "mobile",
    "otherMails",
    "physicalDeliveryOfficeName",
    "postalCode",
    "state",
    "streetAddress",
    "telephoneNumber",
    "userType",
}
"""Attributes that some program reads or maps itself: without them it would rightly be refused."""


@cache
def declared(program: str) -> list[list[dict[str, JSON]]]:
    """What a program declares of the schema of each of its jobs, in the order of the program."""
    command = [sys.executable, "-m", "tests.programs.examples.declared", f"programs/{program}"]
    seen = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    jobs: list[list[dict[str, JSON]]] = []
    for each in seen:
        if each["type"] == "SynchronizationSchema":
            jobs.append([each])
        elif each["type"] == "SynchronizationAttributeMapping":
            jobs[-1].append(each)
    return jobs


@dataclass
class World:
    """A job in an emulated tenant whose template has any schema; another job for each program."""

    emulator: Emulator
    contoso: Tenant
    jobs: dict[str, tuple[str, str]] = field(default_factory=dict)
    owner: str = ""
    job_id: str = ""

    def enter(self, program: str) -> None:
        """Make, or return to, the application and job of a program."""
        if program not in self.jobs:
            application = Lifecycle(ServicePrincipalHandler(), self.emulator)
            application.up(ServicePrincipalArgs(tenant=self.contoso, display_name=program, cross_cloud=True))
            owner = application.outputs["servicePrincipalId"]
            job = Lifecycle(SynchronizationJobHandler(), self.emulator)
            job.up(SynchronizationJobArgs(tenant=self.contoso, service_principal_id=owner))
            self.jobs[program] = owner, job.outputs["jobId"]
        self.owner, self.job_id = self.jobs[program]

    def start_with(self, template: JSON) -> None:
        """Give the template another schema; the job has not been written to, so it has it too."""
        self.emulator.tenants["contoso"].start_jobs_with(template)

    def schema(self) -> JSON:
        """The job's schema."""
        graph = self.graph(self.contoso)
        return graph.get(f"/v1.0/servicePrincipals/{self.owner}/synchronization/jobs/{self.job_id}/schema")

    def graph(self, tenant: Tenant) -> Graph:
        """The gateway to a tenant."""
        credential = self.emulator.credential(tenant.name)
        return Graph(tenant, credential=credential, transport=self.emulator.transport())

    def resource(self, declaration: dict[str, JSON]) -> tuple[Lifecycle, Any]:
        """A resource of a program, and its arguments for this job."""
        job = {"servicePrincipalId": self.owner, "jobId": self.job_id}
        inputs = {**declaration["inputs"], **job, "tenant": self.contoso, "canaries": []}
        if declaration["type"] == "SynchronizationSchema":
            return Lifecycle(SynchronizationSchemaHandler(), self.emulator), SynchronizationSchemaArgs.read(inputs)
        made = Lifecycle(SynchronizationAttributeMappingHandler(), self.emulator)
        return made, SynchronizationAttributeMappingArgs.read(inputs)

    def holds(self, program: str, template: JSON) -> None:
        """Asserts that a program changes what it says, and nothing else, in jobs that start with *template*."""
        self.enter(program)
        self.start_with(template)
        for declarations in declared(program):
            self._holds([self.resource(declaration) for declaration in declarations], template)

    def _holds(self, made: list[tuple[Lifecycle, Any]], template: JSON) -> None:
        forget()
        for resource, args in made:
            resource.up(args)
        after = self.schema()
        edited = {target for _, args in made for target in _edited(args)}
        before_rows, after_rows = (
            {row["targetAttributeName"]: row for row in _rows(each)} for each in (template, after)
        )
        untouched = before_rows.keys() - edited

        assert {target: before_rows[target] for target in untouched} == {
            target: row for target, row in after_rows.items() if target not in edited
        }
        for _, args in made:
            assert [] == list(_missing(args, read_mappings(template), read_mappings(after)))
        assert _without_users(template) == _without_users(after)
        for resource, args in made:
            assert resource.refresh()
            assert "same" == resource.up(args)
        for resource, _ in reversed(made):
            resource.delete()
        assert same_schema(template, self.schema())


def _edited(args: Any) -> list[str]:
    mappings = args.mappings if isinstance(args, SynchronizationSchemaArgs) else Mappings((args.mapping,))
    return [mapping.target for mapping in mappings if not mapping.untouched]


def _missing(args: Any, before: Mappings, after: Mappings) -> Iterator[str]:
    """Rows that are not as the program has them, with the template's values for what it does not say."""
    mappings = args.mappings if isinstance(args, SynchronizationSchemaArgs) else Mappings((args.mapping,))
    for mapping in mappings.over(before):
        found = after.get(mapping.target)
        if mapping.apply == "never" and found is not None:
            yield f"{mapping.target} is still there"
        elif mapping.apply != "never" and (found is None or not mapping.same_as(found)):
            yield f"{mapping} is {found}"


def _rows(schema: JSON) -> list[JSON]:
    return list(object_mapping(schema)["attributeMappings"])


def _without_users(schema: JSON) -> JSON:
    """A schema without the rows and the filter of users, and without what the service stamps."""
    rest = deepcopy({key: value for key, value in schema.items() if key not in ("id", "version") and "@" not in key})
    users = object_mapping(rest)
    users["attributeMappings"], users["scope"] = [], users["scope"]["inputFilterGroups"]
    return rest


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A tenant whose jobs have not run."""
    emulator = Emulator.sample("contoso", seed=3, people=5)
    ids = {name: tenant.tenant_id for name, tenant in emulator.tenants.items()}
    contoso = Tenant("contoso", tenant_id=ids["contoso"], cloud="global")
    made = World(emulator, contoso)
    with connecting(made.graph):
        yield made


def real(*, march: bool = False, manager: bool = False) -> JSON:
    """The schema of a real job as Graph returned it in June 2025, or in March."""
    schema = default_schema("global", "global" if manager else "usgov")
    if march:
        schema["synchronizationRules"][0]["priority"] = 1
        for directory in schema["directories"]:
            for definition in directory["objects"]:
                for attribute in definition["attributes"]:
                    attribute["metadata"] = [item for item in attribute["metadata"] if item["key"] != "IsSynthetic"]
    return schema


@pytest.mark.parametrize("march", [False, True])
@pytest.mark.parametrize("manager", [False, True])
@pytest.mark.parametrize("program", PROGRAMS)
def test_program_on_the_schema_of_a_real_job(world: World, program: str, march: bool, manager: bool) -> None:
    """Both exports, with and without the row that only jobs within the global cloud are known to have."""
    world.holds(program, real(march=march, manager=manager))


@st.composite
def schemas(draw: st.DrawFn) -> JSON:
    """Schemas that a template may have one day: other rows, attributes, parameter keys, functions and metadata."""
    schema = real(manager=draw(st.booleans()))
    rule, users = schema["synchronizationRules"][0], object_mapping(schema)
    strange = st.sampled_from(
        [
            {"expression": "Shine([moon])", "name": "Shine", "type": "Function", "parameters": []},
            {"expression": "Shine([moon], 3)", "name": "Shine", "type": "Function", "parameters": [{"key": "n"}]},
            {"expression": "[moon]", "name": "moon", "type": "Attribute"},
            {"expression": '"x"', "name": "x", "type": "Constant", "parameters": None},
        ]
    )
    rows = []
    for row in draw(st.permutations(users["attributeMappings"])):
        kept = row["matchingPriority"] or row["targetAttributeName"] in ("displayName", "userPrincipalName")
        if not kept and draw(st.integers(0, 4)) == 0:
            continue
        changed = {
            "flowType": draw(st.sampled_from(["Always", "ObjectAddOnly", "SometimesSoon"])),
            "flowBehavior": draw(st.sampled_from(["FlowWhenChanged", "FlowAlways"])),
            "defaultValue": draw(st.sampled_from([None, "", "x"])),
            "exportMissingReferences": draw(st.booleans()),
        }
        if draw(st.integers(0, 3)) == 0:
            changed = {**changed, "source": draw(strange)}
        for pair in (row["source"] or {}).get("parameters") or ():
            pair["key"] = draw(st.sampled_from(["source", "netId", "value1"]))
        rows.append({**row, **changed} if draw(st.booleans()) else row)
    added = {**users["attributeMappings"][0], "targetAttributeName": "tide", "source": draw(strange)}
    users["attributeMappings"] = [*rows, added] if draw(st.booleans()) else rows
    for directory in schema["directories"]:
        definition = directory["objects"][0]
        definition["attributes"] = [
            {**attribute, "metadata": [{"key": draw(st.sampled_from("ab")), "value": "true"}]}
            for attribute in draw(st.permutations(definition["attributes"]))
            if attribute["name"] in WRITTEN_BY_PROGRAMS or draw(st.integers(0, 3))
        ]
    rule["priority"] = draw(st.integers(0, 9))
    users["flowTypes"] = draw(st.sampled_from(["Add,Update,Delete", "Add, Update", "Update"]))
    users["name"] = draw(st.sampled_from([None, "Provision users"]))
    users["metadata"] = users["metadata"][: draw(st.integers(0, 7))]
    return schema


@pytest.mark.parametrize("program", PROGRAMS)
@settings(RANDOM, max_examples=8)
@given(template=schemas())
def test_program_on_a_schema_like_no_other(world: World, program: str, template: JSON) -> None:
    """No program is refused for what it does not change, and nothing but its own edits is written."""
    world.holds(program, template)


@settings(RANDOM, max_examples=20)
@given(template=schemas())
def test_defaults_send_nothing(world: World, template: JSON) -> None:
    """Declared without edits, `defaults` changes no schema at all."""
    world.enter("defaults")
    world.start_with(template)
    rows = defaults("global", "usgov").model_dump(mode="json", by_alias=True)
    inputs = {"mappings": rows, "targetCloud": "usgov"}
    resource, args = world.resource({"type": "SynchronizationSchema", "inputs": inputs})
    resource.up(args)

    assert [] == resource.inputs["graphCalls"]
    assert resource.refresh()
    assert "same" == resource.up(args)

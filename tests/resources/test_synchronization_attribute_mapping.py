"""SynchronizationAttributeMapping: one row, and nothing beside it."""

import pytest

from entra_sync.expressions import AttributeMapping, Mappings, expr, read_mappings
from entra_sync.resources.shared import targets
from entra_sync.resources.synchronization_attribute_mapping import (
    SynchronizationAttributeMappingArgs,
    SynchronizationAttributeMappingHandler,
)
from entra_sync.resources.synchronization_schema import SynchronizationSchemaArgs, SynchronizationSchemaHandler
from tests.resources.lifecycle import Lifecycle, Refused

GREETING = expr('Append([displayName], " (Contoso)")')


@pytest.fixture(autouse=True)
def no_owners(monkeypatch) -> None:
    """As in a new process."""
    monkeypatch.setattr(targets, "owners_by_job", {})


@pytest.fixture
def row(resource) -> Lifecycle:
    """The resource under test."""
    return resource(SynchronizationAttributeMappingHandler())


@pytest.fixture
def where(contoso, application, job):
    """The job, as arguments."""
    owner = application.outputs["servicePrincipalId"]
    return {"tenant": contoso, "service_principal_id": owner, "job_id": job.outputs["jobId"]}


@pytest.fixture
def declared(where):
    """Makes arguments for a row of the job's schema."""

    def make(target: str = "displayName", source: str = GREETING) -> SynchronizationAttributeMappingArgs:
        return SynchronizationAttributeMappingArgs(mapping=AttributeMapping(target=target, source=source), **where)

    return make


def rows(portal, args) -> Mappings:
    """The rows as they are."""
    path = f"/v1.0/servicePrincipals/{args.service_principal_id}/synchronization/jobs/{args.job_id}/schema"
    return read_mappings(portal("contoso", "GET", path))


def test_basic(row, declared, portal) -> None:
    """The row is there, every other one is as before."""
    before = rows(portal, declared())
    row.up(declared())
    after = rows(portal, declared())

    assert GREETING == after["displayName"].source
    assert [each for each in before if each.target != "displayName"] == [
        each for each in after if each.target != "displayName"
    ]


def test_update(row, declared, portal) -> None:
    """Another source for the same attribute."""
    row.up(declared())

    assert "update" == row.up(declared(source="[mail]"))
    assert "[mail]" == rows(portal, declared())["displayName"].source


def test_replace(row, declared, portal) -> None:
    """Another attribute: the old row is put back first."""
    original = rows(portal, declared())["displayName"].source
    row.up(declared())

    assert "replace" == row.up(declared(target="jobTitle", source="[department]"))
    assert (original, "[department]") == (
        rows(portal, declared())["displayName"].source,
        rows(portal, declared())["jobTitle"].source,
    )


def test_adopt(row, declared, portal) -> None:
    """A row that stands there as declared stays on delete."""
    original = rows(portal, declared())["department"]
    row.up(declared(target="department", source=original.source))
    row.delete()

    assert original == rows(portal, declared())["department"]


@pytest.mark.parametrize(("ran", "sent"), [(False, ["PUT"]), (True, [])], ids=["a new job", "a job that has run"])
def test_a_row_that_stands_there_is_sent_to_a_new_job_only(ran, sent, row, declared, portal, emulator) -> None:
    """The list of a new job is made before its schema can be read. In one that has run, a write is a change."""
    args = declared(target="department", source=rows(portal, declared())["department"].source)
    if ran:
        path = f"/v1.0/servicePrincipals/{args.service_principal_id}/synchronization/jobs/{args.job_id}/start"
        portal("contoso", "POST", path)
        emulator.run_cycle()
    row.up(args)

    assert sent == [call["call"].split()[0] for call in row.inputs["graphCalls"]]


def test_the_template_is_read_only_while_there_is_no_job(row, declared, emulator) -> None:
    """The job's own schema says what it takes."""
    start = len(emulator.requests)
    row.preview(declared())

    assert [] == [record.path for record in emulator.requests[start:] if "/templates" in record.path]


def test_gone(row, declared, job, portal) -> None:
    """The job was deleted."""
    row.up(declared())
    job.delete()

    assert not row.refresh()


def test_delete(row, declared, portal) -> None:
    """What stood there before is back; a row that was not there is taken out."""
    original = rows(portal, declared())["displayName"]
    row.up(declared())
    row.delete()
    row.up(declared(target="extensionAttribute9", source='"x"'))
    row.delete()

    assert original == rows(portal, declared())["displayName"]
    assert rows(portal, declared()).get("extensionAttribute9") is None


def test_two_owners_of_an_attribute_are_refused(row, declared, where, resource) -> None:
    """The second one is refused."""
    schema = resource(SynchronizationSchemaHandler())
    mapping = AttributeMapping(target="displayName", source="[mail]")
    row.up(declared())

    with pytest.raises(Refused, match='"displayName" is declared by a SynchronizationAttributeMapping of this job too'):
        schema.preview(SynchronizationSchemaArgs(mappings=Mappings((mapping,)), **where))

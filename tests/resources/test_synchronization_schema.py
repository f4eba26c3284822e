"""SynchronizationSchema: declared rows and filter in a schema that otherwise stays as it is."""

import pytest
from pulumi.output import UNKNOWN

from entra_sync.expressions import (
    ASSUMED,
    AttributeMapping,
    Mappings,
    all_of,
    any_of,
    clause,
    defaults,
    expr,
    merge_schema,
    read_filter,
    read_mappings,
    same_schema,
)
from entra_sync.expressions.schema.defaults import default_schema
from entra_sync.graph.synchronization import job_template
from entra_sync.resources.synchronization_schema import SynchronizationSchemaArgs, SynchronizationSchemaHandler
from tests.resources.lifecycle import Lifecycle, Refused

GREETING = AttributeMapping(target="displayName", source=expr('Append([displayName], " (Contoso)")'))
ONLY_US = any_of(all_of(clause("country").equals("US")))


@pytest.fixture
def schema(resource) -> Lifecycle:
    """The resource under test."""
    return resource(SynchronizationSchemaHandler())


@pytest.fixture
def declared(contoso, application, job):
    """Makes arguments for the job's schema."""

    def make(*mappings, **values) -> SynchronizationSchemaArgs:
        return SynchronizationSchemaArgs(
            tenant=contoso,
            service_principal_id=application.outputs["servicePrincipalId"],
            job_id=job.outputs["jobId"],
            mappings=Mappings(mappings),
            target_cloud="usgov",
            **values,
        )

    return make


def live(portal, args):
    """The job's schema as it is."""
    path = f"/v1.0/servicePrincipals/{args.service_principal_id}/synchronization/jobs/{args.job_id}/schema"
    return portal("contoso", "GET", path)


def test_basic(schema, declared, portal) -> None:
    """The row and the filter are there; every other row, and the built-in filters, are as before."""
    before = live(portal, declared())
    schema.up(declared(GREETING, filters=ONLY_US))
    after = live(portal, declared())
    others = [row for row in read_mappings(before) if row.target != "displayName"]

    assert GREETING.source == read_mappings(after)["displayName"].source
    assert others == [row for row in read_mappings(after) if row.target != "displayName"]
    assert "country" == read_filter(after).groups[0].clauses[0].graph()["sourceOperandName"]
    assert read_filter(before).graph()["inputFilterGroups"] == read_filter(after).graph()["inputFilterGroups"]


def test_update(schema, declared, portal) -> None:
    """Only what changed is in the list; a row that is no longer declared is the template's again."""
    original = read_mappings(live(portal, declared()))["displayName"]
    schema.up(declared(GREETING))
    title = AttributeMapping(target="jobTitle", source=expr("[department]"))
    inputs = schema.preview(declared(title))
    schema.up(declared(title))
    rows = read_mappings(live(portal, declared()))

    assert {"jobTitle", "displayName"} == {row["target"] for row in inputs["graphCalls"][0]["body"]["mappings"]}
    assert (original.source, "[department]") == (rows["displayName"].source, rows["jobTitle"].source)


@pytest.mark.parametrize(("unknown", "assumed"), [(["jobId"], 0), (["jobId", "servicePrincipalId"], 1)])
def test_before_the_job_exists_mappings_are_checked_against_its_template(declared, capsys, unknown, assumed) -> None:
    """The application has the template. Only without an application the schema of a new job is assumed, and told."""
    result = SynchronizationSchemaHandler().check({}, {**declared(GREETING).body(), **dict.fromkeys(unknown, UNKNOWN)})

    assert [] == result.failures
    assert assumed == "".join(capsys.readouterr()).count(ASSUMED)


def test_what_is_declared_already_sends_nothing_to_a_job_that_has_run(schema, declared, portal, monkeypatch) -> None:
    """A PUT would make the next cycle an initial one; before the first cycle it is sent, as a preview listed it."""
    same = read_mappings(live(portal, declared()))["department"]
    new_job = schema.preview(declared(same))["graphCalls"]
    monkeypatch.setattr("entra_sync.graph.synchronization.job_status.has_run", lambda job: True)
    old_job = schema.preview(declared(same))["graphCalls"]

    assert (1, 0) == (len(new_job), len(old_job))


def test_drift(schema, declared, portal) -> None:
    """A row that was edited in the portal is seen and repaired."""
    schema.up(declared(GREETING))
    edited = live(portal, declared())
    for row in users(edited)["attributeMappings"]:
        if row["targetAttributeName"] == "displayName":
            row["source"] = {"type": "Attribute", "name": "mail", "expression": "[mail]", "parameters": []}
    put(portal, declared(), edited)

    assert schema.refresh()
    assert "[mail]" == schema.outputs["mappings"][0]["source"]
    assert "update" == schema.up(declared(GREETING))
    assert GREETING.source == read_mappings(live(portal, declared()))["displayName"].source


def users(edited):
    """The mapping of users inside a schema."""
    return next(
        mapping
        for rule in edited["synchronizationRules"]
        for mapping in rule["objectMappings"]
        if mapping["targetObjectName"] == "User"
    )


def put(portal, args, edited) -> None:
    """Save a schema by hand."""
    path = f"/v1.0/servicePrincipals/{args.service_principal_id}/synchronization/jobs/{args.job_id}/schema"
    portal("contoso", "PUT", path, edited)


@pytest.mark.parametrize(
    ("edit", "shown", "sent"),
    [
        ({"enabled": False}, ("usersEnabled", False), {"enabled": True}),
        ({"flowTypes": "Add,Update"}, ("actions", ["create", "update"]), {"actions": ["create", "update", "delete"]}),
        ({"scope": {"groups": [], "inputFilterGroups": []}}, ("inputFilter", False), None),
    ],
)
def test_drift_of_what_decides_about_users(schema, declared, portal, edit, shown, sent) -> None:
    """A mapping switched off, an action taken away, the input filter lost: seen, named and corrected."""
    before = live(portal, declared())
    schema.up(declared())
    edited = live(portal, declared())
    users(edited).update(edit)
    put(portal, declared(), edited)

    assert schema.refresh()
    assert shown[1] == schema.outputs[shown[0]]
    body = schema.preview(declared())["graphCalls"][0]["body"]["users"]
    assert body == (sent or {"inputFilter": users(before)["scope"]["inputFilterGroups"]})
    assert "update" == schema.up(declared())
    assert same_schema(before, live(portal, declared()))
    assert schema.refresh()
    assert "same" == schema.up(declared())


def test_declared_actions_are_kept(schema, declared, portal) -> None:
    """A job that must not delete is declared as such; taking the argument out returns to the template's actions."""
    schema.up(declared(actions=["create", "update"]))
    first = users(live(portal, declared()))["flowTypes"]
    schema.up(declared())

    assert ("Add,Update", "Add,Update,Delete") == (first, users(live(portal, declared()))["flowTypes"])


def test_input_filter_can_be_left_alone(schema, declared, portal) -> None:
    """With input_filter=False the filter stays as it is."""
    edited = live(portal, declared())
    users(edited)["scope"]["inputFilterGroups"] = []
    put(portal, declared(), edited)
    schema.up(declared(input_filter=False))

    assert schema.refresh()
    assert "same" == schema.up(declared(input_filter=False))
    assert [] == users(live(portal, declared()))["scope"]["inputFilterGroups"]


def test_defaults_change_nothing(schema, declared, portal) -> None:
    """Rows that are not edited are the template's, so nothing is sent, whatever it has."""
    before = live(portal, declared())
    inputs = schema.preview(declared(*defaults("global", "usgov")))
    schema.up(declared(*defaults("global", "usgov")))

    assert [] == inputs["graphCalls"]
    assert before == live(portal, declared())
    assert schema.refresh()
    assert "same" == schema.up(declared(*defaults("global", "usgov")))


def test_row_of_defaults_that_was_edited_by_hand_is_drift(schema, declared, portal) -> None:
    """The template's row comes back, also for the properties that an edit does not mention."""
    rows = defaults("global", "usgov").replace("displayName", GREETING.source)
    schema.up(declared(*rows))
    edited = live(portal, declared())
    for row in users(edited)["attributeMappings"]:
        if row["targetAttributeName"] in ("displayName", "city"):
            row.update(defaultValue="x", flowType="ObjectAddOnly")
    put(portal, declared(), edited)

    assert schema.refresh()
    body = schema.preview(declared(*rows))["graphCalls"][0]["body"]
    assert {"city", "displayName"} == {row["target"] for row in body["mappings"]}
    assert "update" == schema.up(declared(*rows))
    assert [
        "city ← [city]",
        'displayName ← Append([displayName], " (Contoso)")',
    ] == [str(row) for row in read_mappings(live(portal, declared())) if row.target in ("city", "displayName")]


def test_rows_that_the_template_has_otherwise_are_told_to_policies(schema, declared, monkeypatch) -> None:
    """An unusual row as it is, and a usual one that is missing as one that never applies."""
    usual = schema.preview(declared(GREETING))
    rows = [AttributeMapping(target="city", source="[country]"), AttributeMapping(target="department", apply="never")]
    unusual = merge_schema(default_schema("global", "usgov"), rows, None)
    monkeypatch.setattr(job_template, "template_schema", lambda *_: unusual)
    told = {row["target"]: row.get("apply", "always") for row in schema.preview(declared(GREETING))["template"]}

    assert "template" not in usual
    assert {"city": "always", "department": "never"} == told


def test_gone(schema, declared, job, portal) -> None:
    """The job was deleted."""
    schema.up(declared(GREETING))
    owner, job_id = declared().service_principal_id, job.outputs["jobId"]
    portal("contoso", "DELETE", f"/v1.0/servicePrincipals/{owner}/synchronization/jobs/{job_id}")

    assert not schema.refresh()


def test_delete(schema, declared, portal) -> None:
    """The template's schema is back."""
    before = read_mappings(live(portal, declared()))
    schema.up(declared(GREETING))
    schema.delete()

    assert before == read_mappings(live(portal, declared()))


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ({"target": "displayName", "source": "[DisplayName]"}, 'did you mean "displayName"'),
        ({"target": "manager", "source": "[manager]"}, "manager"),
        ({"target": "proxyAddresses", "source": "[mail]"}, "proxyAddresses"),
    ],
)
def test_a_mapping_that_the_service_would_refuse_is_refused_in_preview(schema, declared, mapping, problem) -> None:
    """By its place, with the reason."""
    with pytest.raises(Refused, match=r"mappings\[0\]") as caught:
        schema.preview(declared(AttributeMapping(**mapping)))

    assert problem in str(caught.value)

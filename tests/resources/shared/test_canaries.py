"""A schema is tried on canaries: while the job is paused, before all users get it, and held against the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from entra_sync.base.principals import Group, User
from entra_sync.base.run import unfinished
from entra_sync.base.run.unfinished import Unfinished
from entra_sync.emulator import Emulator
from entra_sync.emulator.cycle.run import scope
from entra_sync.emulator.cycle.users.records import Journey
from entra_sync.errors import EntraSyncError
from entra_sync.expressions import AttributeMapping, Mappings, expr
from entra_sync.graph.gateway import connect
from entra_sync.impact.declared.file import LinkFile
from entra_sync.microsoft.assumptions import Facts
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.allowed_cloud_endpoint import AllowedCloudEndpointArgs, AllowedCloudEndpointHandler
from entra_sync.resources.app_role_assignments import AppRoleAssignmentsArgs, AppRoleAssignmentsHandler
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerArgs, CrossTenantPartnerHandler
from entra_sync.resources.identity_synchronization import IdentitySynchronizationArgs, IdentitySynchronizationHandler
from entra_sync.resources.link_impact import LinkImpactArgs, LinkImpactHandler
from entra_sync.resources.shared.access_settings import AutomaticUserConsent
from entra_sync.resources.synchronization_schedule import SynchronizationScheduleArgs, SynchronizationScheduleHandler
from entra_sync.resources.synchronization_schema import SynchronizationSchemaArgs, SynchronizationSchemaHandler
from entra_sync.resources.synchronization_secrets import SynchronizationSecretsArgs, SynchronizationSecretsHandler
from tests.crashes import LOST, killed_at, losing
from tests.otherwise import otherwise
from tests.resources.lifecycle import Lifecycle, Refused

JSON = Any


def titled(text: str) -> AttributeMapping:
    """A mapping that shows in every account."""
    return AttributeMapping(target="displayName", source=expr(f'Append([displayName], " ({text})")'))


@dataclass
class Link:
    """A link whose schema and schedule are under test; the rest of it is there."""

    contoso: Tenant
    federal: Tenant
    owner: str
    job: str
    people: list[str]
    schema: Lifecycle
    schedule: Lifecycle
    portal: Callable[..., JSON]
    emulator: Emulator

    def schema_args(self, *mappings: AttributeMapping, **values: Any) -> SynchronizationSchemaArgs:
        """The schema with canaries."""
        return SynchronizationSchemaArgs(
            tenant=self.contoso,
            service_principal_id=self.owner,
            job_id=self.job,
            mappings=Mappings(mappings),
            **{"canaries": self.people[:2], "target": self.federal, **values},
        )

    def schedule_args(self, **values: Any) -> SynchronizationScheduleArgs:
        """The schedule as a link declares it: after the schema, with what came of it."""
        outputs = self.schema.outputs
        given = {"trial": outputs.get("trial"), "blocked": outputs.get("problem"), **values}
        return SynchronizationScheduleArgs(
            tenant=self.contoso, service_principal_id=self.owner, job_id=self.job, **given
        )

    def up(self, *mappings: AttributeMapping, **values: Any) -> list[str]:
        """Schema, then schedule; the actions that were sent to the job."""
        start = len(self.emulator.requests)
        self.schema.up(self.schema_args(*mappings, **values))
        self.schedule.up(self.schedule_args(enabled=values.get("enabled", True)))
        return self.sent(start)

    def sent(self, start: int) -> list[str]:
        """The actions that were sent to the job since a request."""
        return [path.rsplit("/", 1)[1] for _, path, _ in self.emulator.requests.calls(start)]

    @property
    def state(self) -> str:
        """``Active`` or ``Disabled``."""
        path = f"/v1.0/servicePrincipals/{self.owner}/synchronization/jobs/{self.job}"
        return str(self.portal("contoso", "GET", path)["schedule"]["state"])

    def names(self) -> list[str]:
        """Display names of the accounts in the target that the link made."""
        users = self.portal("federal", "GET", "/v1.0/users?$select=displayName,userPrincipalName&$top=999")["value"]
        return [user["displayName"] for user in users if "#EXT#" in user["userPrincipalName"]]


@pytest.fixture
def link(resource, contoso, federal, application, job, portal, emulator) -> Link:
    """Three people are in scope of a link that has never run."""
    owner, job_id = application.outputs["servicePrincipalId"], job.outputs["jobId"]
    users = portal("contoso", "GET", "/v1.0/users?$select=id,accountEnabled,userType,externalUserState&$top=999")
    people = [
        user["id"]
        for user in users["value"]
        if user["accountEnabled"] and user["userType"] == "Member" and not user.get("externalUserState")
    ][:3]
    out, into = AutomaticUserConsent(outbound_allowed=True), AutomaticUserConsent(inbound_allowed=True)
    for handler, args in (
        (AllowedCloudEndpointHandler(), AllowedCloudEndpointArgs(tenant=contoso, cloud="usgov")),
        (AllowedCloudEndpointHandler(), AllowedCloudEndpointArgs(tenant=federal, cloud="global")),
        (
            CrossTenantPartnerHandler(),
            CrossTenantPartnerArgs(
                tenant=contoso, partner_tenant_id=federal.tenant_id, automatic_user_consent_settings=out
            ),
        ),
        (
            CrossTenantPartnerHandler(),
            CrossTenantPartnerArgs(
                tenant=federal, partner_tenant_id=contoso.tenant_id, automatic_user_consent_settings=into
            ),
        ),
        (
            IdentitySynchronizationHandler(),
            IdentitySynchronizationArgs(tenant=federal, partner_tenant_id=contoso.tenant_id),
        ),
        (
            AppRoleAssignmentsHandler(),
            AppRoleAssignmentsArgs(
                tenant=contoso, service_principal_id=owner, principals=[User(person) for person in people]
            ),
        ),
        (
            SynchronizationSecretsHandler(),
            SynchronizationSecretsArgs(tenant=contoso, service_principal_id=owner, target_tenant_id=federal.tenant_id),
        ),
    ):
        resource(handler).up(args)
    return Link(
        contoso,
        federal,
        owner,
        job_id,
        people,
        resource(SynchronizationSchemaHandler()),
        resource(SynchronizationScheduleHandler()),
        portal,
        emulator,
    )


@pytest.fixture
def falsify(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[JSON], None]], None]:
    """Lets the emulator say something else of what it did on demand; at last what it says is put right again."""

    def apply(change: Callable[[JSON], None] | None) -> None:
        monkeypatch.setattr(Journey, "on_demand", otherwise(change or (lambda doc: None)))

    return apply


def other_name(doc: JSON) -> None:
    """The service wrote another display name than the mapping gives."""
    for item in doc["modifiedProperties"]:
        if item["displayName"] == "displayName":
            item["newValue"] = item["newValue"].replace("Contoso", "Fabrikam")


def test_first_start_is_tried_on_canaries(link) -> None:
    """Schema, canaries, then the gate and the start; two of three people have accounts before any cycle."""
    sent = link.up(titled("Contoso"))

    assert ["schema", "provisionOnDemand", "provisionOnDemand", "validateCredentials", "start"] == sent
    assert 2 == len([name for name in link.names() if name.endswith("(Contoso)")])
    assert (1, "") == (link.schema.outputs["trial"], link.schema.outputs["problem"])


def test_a_canary_who_is_not_assigned_is_tried_although_graph_hides_that_all_users_are_in_scope(
    link, resource, portal, emulator
) -> None:
    """The service decides about the scope."""
    resource(SynchronizationSecretsHandler()).up(
        SynchronizationSecretsArgs(
            tenant=link.contoso,
            service_principal_id=link.owner,
            target_tenant_id=link.federal.tenant_id,
            sync_all=True,
        )
    )
    users = portal("contoso", "GET", "/v1.0/users?$select=id,accountEnabled,userType&$top=999")["value"]
    (other, *_) = [
        each["id"]
        for each in users
        if each["accountEnabled"] and each["userType"] == "Member" and each["id"] not in link.people
    ]
    emulator.assume(Facts({"secrets.readable": ["CompanyId", "SyncNotificationSettings"]}))
    link.up(titled("Contoso"), canaries=[other])

    assert 1 == len([name for name in link.names() if name.endswith("(Contoso)")])
    assert (1, "") == (link.schema.outputs["trial"], link.schema.outputs["problem"])


def test_schema_change_of_a_running_job_is_tried_while_it_is_paused(link) -> None:
    """Pause, schema, canaries, start: each listed by the resource that sends it."""
    link.up(titled("Contoso"))
    link.emulator.run_cycle()
    listed = link.schema.preview(link.schema_args(titled("C.")))["graphCalls"]
    sent = link.up(titled("C."))

    assert ["pause", "schema", "provisionOnDemand", "provisionOnDemand"] == [
        call["call"].rsplit("/", 1)[1] for call in listed
    ]
    assert ["pause", "schema", "provisionOnDemand", "provisionOnDemand", "validateCredentials", "start"] == sent
    assert 2 == len([name for name in link.names() if name.endswith("(C.)")])
    assert "Active" == link.state


def test_nothing_is_tried_while_nothing_changes(link) -> None:
    """Other canaries alone, or the same program, send nothing."""
    link.up(titled("Contoso"))

    assert [] == link.up(titled("Contoso"))
    assert [] == link.up(titled("Contoso"), canaries=link.people[2:])


def test_a_disabled_link_tries_nothing_until_it_is_enabled(link) -> None:
    """No user is provisioned before the link is to run."""
    set_up = link.up(titled("Contoso"), enabled=False)
    enabled = link.up(titled("Contoso"))

    assert ["schema"] == set_up
    assert ["provisionOnDemand", "provisionOnDemand", "validateCredentials", "start"] == enabled


def test_difference_stops_a_first_start(link, falsify) -> None:
    """The error has both sides, and no value of a person; the job does not run, and the next run tries again."""
    falsify(other_name)
    with pytest.raises(Exception, match="canary results differ from the plan") as stopped:
        link.up(titled("Contoso"))
    told = str(stopped.value)

    assert f"user {sorted(link.people[:2])[0]}: displayName" in told
    assert 'Append([displayName], " (Contoso)")' in told
    assert "planned a text of " in told
    assert "the service wrote a text of " in told
    assert [] == [name for name in link.names() if name.removesuffix(" (Contoso)") in told]
    assert "Disabled" == link.state

    falsify(None)
    sent = link.up(titled("Contoso"))

    assert ["schema", "provisionOnDemand", "provisionOnDemand", "validateCredentials", "start"] == sent


def test_difference_leaves_a_running_job_paused(link, falsify) -> None:
    """The schedule refuses to start it; the same program tries again, and a fixed one continues."""
    link.up(titled("Contoso"))
    link.emulator.run_cycle()
    falsify(lambda doc: doc["statusInfo"].update(status="Failure", errorCode="SomethingElse"))
    link.schema.up_unpromised(link.schema_args(titled("C.")))
    with pytest.raises(
        Refused, match=r"^canary results differ .*planned update.*the service says failed \(SomethingElse\)"
    ):
        link.schedule.up(link.schedule_args())

    assert "Disabled" == link.state
    assert "incomplete" == link.schema.outputs["provisioningState"]

    link.schema.up_unpromised(link.schema_args(titled("C.")))
    with pytest.raises(Refused, match=r"^canary results differ"):
        link.schedule.up(link.schedule_args())

    falsify(None)
    sent = link.up(titled("Contoso GmbH"))

    assert ["schema", "provisionOnDemand", "provisionOnDemand", "validateCredentials", "start"] == sent
    assert "Active" == link.state


def test_the_old_program_after_a_difference_puts_the_old_schema_back(link, falsify) -> None:
    """Reverting is a change: the schema is saved, tried, and the job runs again."""
    link.up(titled("Contoso"))
    falsify(other_name_in(" (C.)"))
    link.schema.up_unpromised(link.schema_args(titled("C.")))
    falsify(None)
    sent = link.up(titled("Contoso"))

    assert ["schema", "provisionOnDemand", "provisionOnDemand", "validateCredentials", "start"] == sent
    assert "Active" == link.state


def test_canaries_that_are_given_up_after_a_difference_leave_no_paused_job(link, falsify) -> None:
    """The schedule asks whether the job is paused."""
    link.up(titled("Contoso"))
    falsify(other_name_in(" (C.)"))
    link.schema.up_unpromised(link.schema_args(titled("C.")))
    sent = link.up(titled("C."), canaries=[], target=None)

    assert ["validateCredentials", "start"] == [each for each in sent if each != "schema"]
    assert "Active" == link.state


def test_a_schema_that_the_service_refuses_blocks_the_start(link, emulator) -> None:
    """The job is paused by then; the old program brings it back."""
    link.up(titled("Contoso"))
    emulator.fault(method="PUT", path="/schema$", status=400, times=1)
    link.schema.up_unpromised(link.schema_args(titled("C.")))
    with pytest.raises(Refused, match=r"^tenant contoso .*400"):
        link.schedule.up(link.schedule_args())

    sent = link.up(titled("Contoso"))

    assert ["schema", "provisionOnDemand", "provisionOnDemand", "validateCredentials", "start"] == sent


@pytest.mark.parametrize(
    ("obstacle", "message"),
    [
        (lambda link, monkeypatch: monkeypatch.setenv("ENTRA_SYNC_READ_ONLY", "true"), "nothing is sent"),
        (lambda link, monkeypatch: unfinished_application(link), "was not finished"),
        (lambda link, monkeypatch: link.emulator.fault(method="POST", path="/pause$", status=403, times=None), "403"),
    ],
    ids=["credentials for reading", "an application that is not finished", "a pause that is refused"],
)
def test_an_error_before_anything_is_carried_out_leaves_the_state_as_it_was(
    link, obstacle, message, monkeypatch
) -> None:
    """The job is not paused then, and the tenant has the old schema."""
    link.up(titled("Contoso"))
    inputs = link.schema.preview(link.schema_args(titled("C.")))
    obstacle(link, monkeypatch)

    with pytest.raises(EntraSyncError, match=message):
        link.schema.handler.update(link.schema.id, link.schema.outputs, inputs)
    assert "Active" == link.state


def unfinished_application(link: Link) -> None:
    """An earlier resource of the same run that could not be finished."""
    problem = Unfinished(
        "ServicePrincipal", f"{link.contoso.tenant_id}/servicePrincipals/{link.owner}", "late", {link.owner}
    )
    unfinished.note(connect(link.contoso), problem)


def test_refresh_after_a_difference_does_not_open_the_gate(link, falsify) -> None:
    """What went wrong stays in the state until the canaries have passed."""
    link.up(titled("Contoso"))
    falsify(other_name_in(" (C.)"))
    link.schema.up_unpromised(link.schema_args(titled("C.")))
    link.schema.refresh()
    link.schedule.refresh()
    with pytest.raises(Refused, match=r"^canary results differ"):
        link.schedule.up(link.schedule_args())

    falsify(None)
    sent = link.up(titled("C."))

    assert ["validateCredentials", "start"] == sent[-2:]
    assert 1 == sent.count("start")


def test_job_that_was_started_elsewhere_is_adopted_by_way_of_the_canaries(link, portal) -> None:
    """It is paused, tried and started again, as listed."""
    path = f"/v1.0/servicePrincipals/{link.owner}/synchronization/jobs/{link.job}/start"
    portal("contoso", "POST", path)
    sent = link.up(titled("Contoso"))

    assert ["pause", "schema", "provisionOnDemand", "provisionOnDemand", "validateCredentials", "start"] == sent


@pytest.mark.parametrize("number", range(1, 6))
def test_a_run_that_died_after_any_write_is_finished_by_the_next(link, number, emulator) -> None:
    """Pause, schema, either canary, start: the job runs in the end, and the saved schema has been tried."""
    link.up(titled("Contoso"))
    emulator.run_cycle()
    start, writes = len(emulator.requests), len(emulator.requests.writes)
    with killed_at(emulator, writes + number):
        link.up(titled("C."))
    link.up(titled("C."))
    sent = link.sent(start)

    assert "Active" == link.state
    assert ["provisionOnDemand"] * 2 == sent[len(sent) - sent[::-1].index("schema") :][:2]
    assert 2 == len([name for name in link.names() if name.endswith("(C.)")])


@pytest.mark.parametrize("number", range(1, 5))
def test_a_first_start_that_died_after_any_write_is_finished_by_the_next(link, number, emulator) -> None:
    """Schema, either canary, start."""
    start, writes = len(emulator.requests), len(emulator.requests.writes)
    with killed_at(emulator, writes + number):
        link.up(titled("Contoso"))
    link.up(titled("Contoso"))
    sent = link.sent(start)

    assert "Active" == link.state
    assert ["provisionOnDemand"] * 2 == sent[len(sent) - sent[::-1].index("schema") :][:2]


@pytest.mark.parametrize("drop", ["before", "after"])
@pytest.mark.parametrize("number", range(4))
def test_an_answer_that_is_lost_is_made_up_for(link, number, drop, emulator) -> None:
    """The connection breaks at pause, schema, or a canary, carried out or not: the same run goes on."""
    link.up(titled("Contoso"))
    emulator.run_cycle()
    with losing(emulator, len(emulator.requests.writes) + number, drop):
        link.schema.up_unpromised(link.schema_args(titled("C.")))
    link.schedule.up(link.schedule_args())

    assert 1 == len(LOST)
    assert "succeeded" == link.schema.outputs["provisioningState"]
    assert "Active" == link.state


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda doc: doc.update(action="Other"), 'its action "other"|and its action "other"'),
        (lambda doc: doc.pop("statusInfo"), 'its status is ""'),
        (lambda doc: doc.pop("modifiedProperties"), "no list of modified properties"),
        (lambda doc: doc["modifiedProperties"].append("displayName"), "no list of modified properties"),
        (lambda doc: doc.pop("sourceIdentity"), "about another user"),
    ],
)
def test_an_answer_that_cannot_be_interpreted_stops_the_update(link, falsify, change, reason) -> None:
    """It is not taken for nothing."""
    falsify(change)
    with pytest.raises(Exception, match=f"cannot be interpreted: .*({reason})"):
        link.up(titled("Contoso"))

    assert "Disabled" == link.state


def test_values_are_shown_where_the_environment_asks_for_them(link, falsify, monkeypatch, capsys) -> None:
    """In the output of that run, and not in the error, which state keeps."""
    monkeypatch.setenv("ENTRA_SYNC_SHOW_VALUES", "1")
    falsify(other_name)
    with pytest.raises(Exception, match="canary results differ from the plan") as stopped:
        link.up(titled("Contoso"))

    assert "(Fabrikam)" in capsys.readouterr().err
    assert "(Fabrikam)" not in str(stopped.value)


def test_assignment_that_has_not_arrived_is_waited_for(link, monkeypatch) -> None:
    """Provision on demand does not know of it for minutes; the call is sent again."""
    asked = []

    def late(*args: Any, **options: Any) -> JSON:
        asked.append(args)
        return {} if len(asked) < 3 else scope(*args, **options)

    monkeypatch.setattr("entra_sync.emulator.cycle.ondemand.scope", late)
    link.schema.up_unpromised(link.schema_args(titled("Contoso"), canaries=link.people[:1]))

    assert 3 == len(asked)
    assert 1 == len([name for name in link.names() if name.endswith("(Contoso)")])


def test_the_wait_for_an_assignment_follows_the_declared_lag(link, monkeypatch) -> None:
    """Half the lag that is assumed is half the wait."""
    monkeypatch.setenv("ENTRA_SYNC_REPLICA_LAG", "60")
    monkeypatch.setattr("entra_sync.emulator.cycle.ondemand.scope", lambda *args, **options: {})
    emulator = link.schema.emulator
    before = emulator.clock.now()
    with pytest.raises(Exception, match="NotEffectivelyEntitled"):
        link.schema.up_unpromised(link.schema_args(titled("Contoso"), canaries=link.people[:1]))

    assert 90 == pytest.approx((emulator.clock.now() - before).total_seconds(), abs=10)


def test_assignment_that_never_arrives_is_a_difference(link, monkeypatch) -> None:
    """After minutes of waiting."""
    monkeypatch.setattr("entra_sync.emulator.cycle.ondemand.scope", lambda *args, **options: {})
    with pytest.raises(Exception, match=r"planned create .*the service says nothing \(NotEffectivelyEntitled\)"):
        link.schema.up_unpromised(link.schema_args(titled("Contoso")))


@pytest.fixture
def impact(resource, link) -> Callable[..., JSON]:
    """What a preview of the link says of canaries."""

    def preview(**values: Any) -> JSON:
        given = {
            "principals": [User(person) for person in link.people],
            "service_principal_id": link.owner,
            "canaries": link.people[:1],
            **values,
        }
        args = LinkImpactArgs(tenant=link.contoso, target=link.federal, **given)
        return resource(LinkImpactHandler()).preview(args)["impact"]

    return preview


def test_preview_says_what_is_to_happen_to_each_canary(link, impact, capsys) -> None:
    """By id, with names of attributes only."""
    found = impact()["canaries"][link.people[0]]

    assert "create" == found["action"]
    assert "displayName" in found["attributes"]
    assert f"  canary     {link.people[0]} create: assigned; " in capsys.readouterr().out


def test_user_who_is_not_a_canary_is_refused_in_preview(link, impact, portal) -> None:
    """Unknown, out of scope, disabled at home, by principal name: each is named by its place."""
    with pytest.raises(Refused, match=r"canaries\[0\]: tenant contoso .* has no user 0000"):
        impact(canaries=["00000000-0000-0000-0000-000000000000"])
    with pytest.raises(Refused, match=r"canaries\[1\]: user .* is not in scope after this change \(not assigned\)"):
        impact(canaries=link.people[1:], principals=[User(link.people[1])])
    with pytest.raises(ValueError, match="is not an object id") as refused:
        impact(canaries=["ada@contoso.com"])
    portal("contoso", "PATCH", f"/v1.0/users/{link.people[0]}", {"accountEnabled": False})
    with pytest.raises(Refused, match=r"canaries\[0\]: user .* is disabled in the source"):
        impact()

    assert "ada@contoso.com" not in str(refused.value)


def test_account_that_is_deleted_in_the_target_is_no_canary_s(link, impact, portal) -> None:
    """On demand it would not be restored but made a second time."""
    link.up(titled("Contoso"))
    link.emulator.run_cycle()
    assignment = portal("contoso", "GET", f"/v1.0/servicePrincipals/{link.owner}/appRoleAssignedTo")["value"]
    theirs = next(item for item in assignment if item["principalId"] == link.people[0])
    path = f"/v1.0/servicePrincipals/{link.owner}/appRoleAssignedTo"
    portal("contoso", "DELETE", f"{path}/{theirs['id']}")
    link.emulator.run_cycle()
    with pytest.raises(Refused, match="provision on demand would create a second one"):
        impact(mappings=Mappings((titled("C."),)))


def test_two_canaries_with_one_account_are_refused(link, impact) -> None:
    """What the first one's turn makes of the account the second one finds: neither can be foretold alone."""
    shared = AttributeMapping(target="mail", source='"team@contoso.com"')
    link.up(shared, canaries=[])
    link.emulator.run_cycle()
    with pytest.raises(Refused, match=r"canaries\[1\]: user .* shares an account in the target with user"):
        impact(canaries=link.people[:2])


def test_canaries_need_a_target(link) -> None:
    """Without it there is nothing to hold an answer against."""
    with pytest.raises(Refused, match="target: canaries are held against a plan"):
        link.schema.preview(link.schema_args(titled("Contoso"), target=None))


def other_name_in(ending: str) -> Callable[[JSON], None]:
    """The service wrote something else in place of an ending of the display name."""

    def change(doc: JSON) -> None:
        for item in doc["modifiedProperties"]:
            if item["displayName"] == "displayName":
                item["newValue"] = item["newValue"].replace(ending, " (?)")

    return change


def test_a_group_in_scope_that_does_not_exist_is_refused_before_anything_is_read(link, impact) -> None:
    with pytest.raises(Refused, match="has no group 00000000-0000-4000-8000-000000000000"):
        impact(principals=[Group("00000000-0000-4000-8000-000000000000")])


def test_a_link_that_is_as_it_was_is_left_for_the_plan_too(resource, link, tmp_path, monkeypatch) -> None:
    """``entra-sync impact`` shows all links of a program, not only those that change."""
    made = resource(LinkImpactHandler())
    args = LinkImpactArgs(tenant=link.contoso, target=link.federal, service_principal_id=link.owner)
    made.up(args)
    monkeypatch.setenv("ENTRA_SYNC_LINKS", str(tmp_path / "links"))
    made.preview(args)

    assert [link.owner] == [LinkFile.read(each).service_principal_id for each in (tmp_path / "links").iterdir()]

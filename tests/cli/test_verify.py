"""``entra-sync verify``: what is assumed is compared with tenants, also with tenants of which other things are true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from entra_sync.emulator import Emulator
from entra_sync.errors import ConfigurationError, EntraSyncError
from entra_sync.expressions import default_schema
from entra_sync.graph.gateway import Graph, connecting
from entra_sync.graph.permissions import least
from entra_sync.microsoft.assumptions import REGISTER, Assumption, Facts, found, guesses
from entra_sync.microsoft.tenant import Tenant
from entra_sync.operate.project.requirements import COMMANDS
from entra_sync.operate.verify.compare import compare
from entra_sync.operate.verify.throwaway import KEYS, NAME
from tests.cli.commands import answer, run
from tests.cli.conftest import objects
from tests.emulator.api import Api
from tests.emulator.linking import connect
from tests.gateways import gateways

JSON = Any

ROWS = default_schema()["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
DEPARTMENT = {**next(row for row in ROWS if row["targetAttributeName"] == "department"), "defaultValue": "None"}
OTHER = {
    "gallery.cross-cloud.id": "11111111-2222-4333-8444-555555555555",
    "gallery.cross-cloud.name": "Synchronization of users across Microsoft clouds",
    "gallery.cross-cloud.home": "aad2aadxcloud",
    "gallery.databricks.id": "22222222-3333-4444-8555-666666666666",
    "job-template.cross-cloud": "Entra2Entra",
    "job.id": "{template}.{application}.{tenant}",
    "secrets.readable": [name for name in REGISTER["secrets.readable"].value if name != "CompanyId"],
    "schema.cross-cloud": {"missing": ["jobTitle", "manager"], "rows": {"department": DEPARTMENT}},
    "box.global.usgov": {
        "appId": "66666666-7777-4888-8999-000000000000",
        "displayName": "Microsoft.Azure.SyncFabric.CrossCloud.World2Government",
    },
    "box.permissions": ["Organization.Read.All", "User.Invite.All", "User.ReadWrite.CrossCloud"],
    "box.audit-actor": "Microsoft.Azure.SyncFabric.CrossCloud.World2Government",
    "v1.policy.usgov": ["allowedCloudEndpoints", "displayName", "id"],
    "v1.partner.global": [*REGISTER["v1.partner.global"].value, "zeroTrust"],
    "object-connections.global": False,
    "error.missing-job": {"status": 404, "code": "Request_ResourceNotFound"},
    "error.missing-template": {"status": 400, "code": "InvalidTemplate"},
    "error.missing-partner": {"status": 404, "code": "PartnerNotFound"},
    "v1.default.usgov": [name for name in REGISTER["v1.default.usgov"].value if name != "inboundTrust"],
    "error.unknown-tenant": {"status": 400, "code": "InvalidCredentials"},
    "job.new": {"interval": "PT20M", "schedule": "Disabled", "status": "NotRun"},
    "schema.refused-targets": ["proxyAddresses"],
    "never-cleared.application": ["displayName"],
    "never-cleared.service-principal": [],
    "default.collaboration": {
        "m365CollaborationInbound": "blocked",
        "m365CollaborationOutbound": "blocked",
        "appServiceConnectInbound": "allowed",
    },
}
"""Other things that could be true of the service, one of each kind."""


class World:
    """Contoso and Contoso Federal with a link, of which some facts are other ones than this package assumes."""

    def __init__(self, facts: Facts | None = None, *, linked: bool = True) -> None:
        self.emulator = Emulator.sample("contoso", seed=1, people=10, facts=facts)
        self.emulator.tenants["federal"].allow_cross_cloud_synchronization_from("global")
        self.roles: dict[str, list[str]] = {}
        if linked:
            source, target = Api(self.emulator, "contoso"), Api(self.emulator, "federal")
            link = connect(source, target, threshold=500)
            link.assign(source.get("/users?$top=1&$filter=userType eq 'Member'")["value"][0]["id"])
            link.start()
            link.cycle()
        self.emulator.requests.clear()

    def connect(self, tenant: Tenant) -> Graph:
        """What a command reaches a tenant by."""

        async def sleep(seconds: float) -> None: ...

        credential = self.emulator.credential(tenant.name, self.roles.get(tenant.name))
        return Graph(tenant, credential=credential, transport=self.emulator.transport(), sleep=sleep)

    def verify(self, folder: Path, *options: str, code: int) -> dict[str, JSON]:
        """The report, which is printed as it is written."""
        arguments = ("--source", "contoso", "--target", "federal", "--output", str(folder / "found.json"), *options)
        with connecting(self.connect), pytest.MonkeyPatch.context() as patch:
            for name, tenant in self.emulator.tenants.items():
                patch.setenv(f"ENTRA_{name.upper()}_TENANT_ID", tenant.tenant_id)
                patch.setenv(f"ENTRA_{name.upper()}_CLOUD", str(tenant.cloud))
            report: dict[str, JSON] = answer("verify", *arguments, code=code)
        assert report == json.loads((folder / "found.json").read_text())
        return report


def by_verdict(report: JSON, verdict: str) -> set[str]:
    """The assumptions that ended so."""
    return {each["key"] for each in report["comparisons"] if each["verdict"] == verdict}


@pytest.fixture(scope="module")
def usual() -> World:
    """The service as this package assumes it."""
    return World()


@pytest.fixture(scope="module")
def unusual() -> World:
    """The service with every kind of difference."""
    return World(Facts(OTHER))


def test_reads_alone_confirm_what_a_link_shows(usual: World, tmp_path: Path) -> None:
    """Nothing is written; what only a new job shows is not seen, which is no agreement."""
    report = usual.verify(tmp_path, code=4)

    assert set(KEYS) == by_verdict(report, "not seen")
    assert set() == by_verdict(report, "different")
    assert {} == report["facts"]
    assert len(by_verdict(report, "same")) > 20
    assert [] == usual.emulator.requests.writes


def test_every_assumption_that_concerns_the_two_clouds_is_compared(usual: World, tmp_path: Path) -> None:
    """Those about other clouds are left out, and those that no answer shows."""
    compared = {each["key"] for each in usual.verify(tmp_path, code=4)["comparisons"]}
    checked = {key for key, each in REGISTER.items() if each.checked}
    elsewhere = re.compile(r"(china|usgovdod)$|^box\.usgov\.|same-cloud|object-connections\.usgov")

    assert {key for key in checked if not elsewhere.search(key)} == compared


def test_a_throw_away_application_shows_the_rest_and_is_deleted(usual: World, tmp_path: Path) -> None:
    """Every assumption holds, so the exit code is 0."""
    before = objects(usual.emulator, "contoso", "application")
    report = usual.verify(tmp_path, "--write", "--yes", code=0)
    after = objects(usual.emulator, "contoso", "application")

    assert set() == by_verdict(report, "not seen")
    assert before.keys() == after.keys()
    assert NAME not in {doc["displayName"] for doc in after.values()}
    assert {"contoso"} == {record.tenant for record in usual.emulator.requests.writes}


def throwaways(world: World) -> list[str]:
    """Ids of the throw-away applications that are there."""
    return [id for id, doc in objects(world.emulator, "contoso", "application").items() if NAME == doc["displayName"]]


def test_a_throw_away_application_that_cannot_be_deleted_is_named() -> None:
    """Also if filling it has failed, which alone would be reported as not seen."""
    world = World()
    world.emulator.fault(method="PUT", path="synchronization/secrets", status=403, times=None)
    world.emulator.fault(method="DELETE", path="/applications/", status=403, times=None)
    graphs = gateways(world.emulator)
    with pytest.raises(EntraSyncError) as problem:
        compare(graphs["contoso"], graphs["federal"], write=True)

    assert [str(problem.value).split(" in ")[0]] == [
        f'delete the application "{NAME}" ({id})' for id in throwaways(world)
    ]


def test_a_throw_away_application_whose_making_was_not_answered_is_deleted(tmp_path: Path) -> None:
    """It is found by its name, and what it would have shown is not seen."""
    world = World()
    world.emulator.fault(method="POST", path="instantiate", drop="after", times=1)
    report = world.verify(tmp_path, "--write", "--yes", code=4)

    assert set(KEYS) == by_verdict(report, "not seen")
    assert [] == throwaways(world)


def test_two_tenants_without_a_link_are_compared_by_a_throw_away_application(tmp_path: Path) -> None:
    """What our own settings would show about themselves, and logs that are empty, are not seen."""
    world = World(Facts(OTHER), linked=False)
    report = world.verify(tmp_path, "--write", "--yes", code=3)

    unseen = {"secrets.keys", "box.audit-actor", "log.actions", "log.statuses", "log.steps", "v1.partner.global",
              "v1.partner.usgov"}  # fmt: skip
    assert unseen == by_verdict(report, "not seen")
    assert OTHER["job-template.cross-cloud"] == report["facts"]["job-template.cross-cloud"]


def test_tenants_of_which_other_things_are_true_tell_each_of_them(unusual: World, tmp_path: Path) -> None:
    """Every difference is found, and nothing else."""
    expected = {key: sorted(value) if isinstance(value, list) else value for key, value in OTHER.items()}

    assert expected == unusual.verify(tmp_path, "--write", "--yes", code=3)["facts"]


def test_a_permission_that_does_not_suffice_is_found(tmp_path: Path) -> None:
    """The token has what the reference page names, and Graph refuses it."""
    refused = {"permissions.refused": {"GET /auditlogs/directoryaudits": ["AuditLog.Read.All"]}}
    world = World(Facts(refused))
    world.roles["federal"] = ["Application.Read.All", "Policy.Read.All", "AuditLog.Read.All"]

    assert refused == world.verify(tmp_path, code=3)["facts"]


def test_the_file_makes_an_emulator_behave_like_the_tenants(unusual: World, tmp_path: Path) -> None:
    """A comparison with the second emulator finds the same."""
    first = unusual.verify(tmp_path, "--write", "--yes", code=3)
    second = World(found(tmp_path / "found.json"))
    report = second.verify(tmp_path, "--write", "--yes", code=3)

    assert first["facts"] == report["facts"]


def test_the_file_names_no_person_no_tenant_and_none_of_their_ids(unusual: World, tmp_path: Path) -> None:
    """It can be published."""
    unusual.verify(tmp_path, "--write", "--yes", code=3)
    text = (tmp_path / "found.json").read_text().lower()
    stores = [(tenant, unusual.emulator.service.store) for tenant in unusual.emulator.tenants.values()]

    for tenant, store in stores:
        kinds = ("user", "group", "application", "job")
        ids = {entry.id for kind in kinds for entry in store.objects(tenant.tenant_id, kind)}
        ids |= {tenant.tenant_id, tenant.tenant_id.replace("-", ""), tenant.client_id, tenant.client_secret}
        names = {doc["displayName"] for doc in objects(unusual.emulator, tenant.name, "user").values()}
        names |= {tenant.name, *tenant.domains, tenant.document["displayName"]}
        assert set() == {each for each in ids | names if each.lower() in text}


def test_what_may_not_be_read_is_not_seen_and_is_named(tmp_path: Path) -> None:
    """A permission that the token lacks is no finding about the service."""
    world = World()
    world.roles["federal"] = ["Application.Read.All", "Policy.Read.All"]
    report = world.verify(tmp_path, code=4)
    (audit,) = [each for each in report["comparisons"] if each["key"] == "box.audit-actor"]

    assert "Graph answered 403 Authorization_RequestDenied" == audit["why"]
    assert {} == report["facts"]


@pytest.mark.parametrize(("name", "options", "code"), [("verify", (), 4), ("verify --write", ("--write", "--yes"), 0)])
def test_it_runs_on_exactly_the_permissions_of_its_page(
    name: str, options: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    """No request is refused."""
    world = World()
    for tenant, side in zip(("contoso", "federal"), COMMANDS[name], strict=True):
        world.roles[tenant] = list(least(tuple(each.split(" ", 1)) for each in side))  # type: ignore[misc]
    world.verify(tmp_path, *options, code=code)

    assert [] == [record.path for record in world.emulator.requests if record.status == 403]


def test_the_table_shows_what_was_assumed_and_what_was_seen(unusual: World, tmp_path: Path) -> None:
    """One line for each assumption, and the counts."""
    with connecting(unusual.connect), pytest.MonkeyPatch.context() as patch:
        for name, tenant in unusual.emulator.tenants.items():
            patch.setenv(f"ENTRA_{name.upper()}_TENANT_ID", tenant.tenant_id)
            patch.setenv(f"ENTRA_{name.upper()}_CLOUD", str(tenant.cloud))
        result = run("verify", "--source", "contoso", "--target", "federal", "--output", str(tmp_path / "found.json"))

    assert 3 == result.exit_code, result.output
    assert re.search(r"^job-template.cross-cloud +Azure2AzureCrossCloud +Entra2Entra +different$", result.stdout, re.M)
    assert re.search(r"^secrets.readable .* -CompanyId +different$", result.stdout, re.M)
    assert re.search(r"^job.new .* not seen$", result.stdout, re.M)


def test_an_application_that_is_not_there_is_an_error(usual: World, tmp_path: Path) -> None:
    """Nothing is compared then."""
    with connecting(usual.connect), pytest.MonkeyPatch.context() as patch:
        for name, tenant in usual.emulator.tenants.items():
            patch.setenv(f"ENTRA_{name.upper()}_TENANT_ID", tenant.tenant_id)
            patch.setenv(f"ENTRA_{name.upper()}_CLOUD", str(tenant.cloud))
        result = run("verify", "--source", "contoso", "--target", "federal", "--application", "O'Neill's")

    assert "has 0 applications named \"O'Neill's\"" in str(result.exception)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a file of this version's entra-sync verify"),
        ('{"format": 9, "facts": {}}', "is not a file of this version's entra-sync verify"),
        ('{"format": 1, "facts": {"job.color": 1}}', '"job.color" is not an assumption of this version'),
        ('{"format": 1, "facts": {"job.id": 1}}', "job.id: the value must be a str, got 1"),
    ],
)
def test_a_file_that_is_not_one_is_refused(content: str, problem: str, tmp_path: Path) -> None:
    """Before an emulator is made."""
    path = tmp_path / "facts.json"
    path.write_text(content)

    with pytest.raises(ConfigurationError, match=re.escape(problem)):
        found(path)


def test_facts_survive_a_restart_and_a_reset(tmp_path: Path) -> None:
    """They are part of the state."""
    facts = Facts({"job-template.cross-cloud": "Entra2Entra"})
    emulator = Emulator(tmp_path / "state", facts=facts)
    emulator.snapshot(tmp_path / "snapshot")
    emulator.close()
    again = Emulator(tmp_path / "state")
    assert facts == again.service.store.facts
    again.assume(Facts())
    again.reset(tmp_path / "snapshot")
    assert "Entra2Entra" == again.service.store.facts["job-template.cross-cloud"]
    again.close()


def kind(key: str) -> str:
    """An assumption's key without the clouds that it is about."""
    return re.sub(r"\.(global|usgov|usgovdod|china|cross-cloud|same-cloud)(?=\.|$)", "", key)


@pytest.mark.parametrize("guess", guesses(), ids=lambda guess: guess.key)
def test_each_guess_can_be_replaced_and_is_compared(guess: Assumption) -> None:
    """A guess that a file of facts replaces is among the other things of these tests, or cannot be compared."""
    assert guess.override
    if guess.checked and guess.override == "entra-sync emulate --facts":
        assert kind(guess.key) in {kind(key) for key in OTHER}

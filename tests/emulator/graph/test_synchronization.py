"""The synchronization API around the cycle: templates, jobs, secrets, credentials and the schema."""

from __future__ import annotations

from typing import Any

import pytest

from entra_sync.emulator.cycle.scheduler import jobs
from entra_sync.expressions import default_schema
from entra_sync.microsoft.secret_keys import SECRET_KEYS
from tests.emulator.api import Api
from tests.emulator.linking import Link, allow, connect, credentials

JSON = Any


@pytest.fixture
def link(contoso: Api, federal: Api) -> Link:
    """A link whose job is not started."""
    return connect(contoso, federal)


# Credentials


def validate(api: Api, principal: str, template: str, target: Api) -> tuple[int, str, str] | int:
    """Try the connection to a target; the status, or status, code and text of the refusal."""
    path = f"/servicePrincipals/{principal}/synchronization/jobs/validateCredentials"
    body = {"useSavedCredentials": False, "templateId": template, "credentials": credentials(target)}
    answer = api.send("POST", path, body)
    if answer.is_success:
        return answer.status_code
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


def test_each_missing_precondition_has_its_code(contoso: Api, federal: Api) -> None:
    """Validation fails with the documented code for whichever side has not allowed the link."""
    (template,) = contoso.get("/applicationTemplates?$filter=contains(displayName,'across Microsoft clouds')")["value"]
    principal = contoso.application(template["id"], "Link")["servicePrincipal"]["id"]
    (job_template,) = contoso.get(f"/servicePrincipals/{principal}/synchronization/templates")["value"]
    policy, here, there = "/policies/crossTenantAccessPolicy", contoso.tenant.tenant_id, federal.tenant.tenant_id

    def code() -> Any:
        result = validate(contoso, principal, job_template["id"], federal)
        return result if isinstance(result, int) else result[1]

    assert "AzureActiveDirectoryTokenExpired" == code()
    contoso.patch(policy, {"allowedCloudEndpoints": ["microsoftonline.us"]})
    federal.patch(policy, {"allowedCloudEndpoints": ["microsoftonline.com"]}, version="beta")
    assert "AzureActiveDirectoryTokenExpired" == code()
    federal.tenant.allow_cross_cloud_synchronization_from("global")
    assert "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure" == code()
    contoso.post(f"{policy}/partners", {"tenantId": there, "automaticUserConsentSettings": {"outboundAllowed": True}})
    assert "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure" == code()
    federal.post(f"{policy}/partners", {"tenantId": here, "automaticUserConsentSettings": {"inboundAllowed": True}})
    assert "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure" == code()
    sync = f"{policy}/partners/{here}/identitySynchronization"
    federal.ok("PUT", sync, {"userSyncInbound": {"isSyncAllowed": True}})
    assert 204 == code()


def test_texts_say_which_tenant_has_to_do_what(contoso: Api, federal: Api) -> None:
    """Source and target are told apart in the details."""
    link = connect(contoso, federal)
    partner = f"/policies/crossTenantAccessPolicy/partners/{federal.tenant.tenant_id}"
    contoso.patch(partner, {"automaticUserConsentSettings": {"outboundAllowed": False}})
    refused = validate(contoso, link.principal, link.job_id.split(".")[0], federal)
    assert isinstance(refused, tuple)
    assert "The source tenant has not enabled automatic user consent" in refused[2]

    contoso.patch(partner, {"automaticUserConsentSettings": {"outboundAllowed": True}})
    other = f"/policies/crossTenantAccessPolicy/partners/{contoso.tenant.tenant_id}"
    federal.patch(other, {"automaticUserConsentSettings": {"inboundAllowed": False}})
    refused = validate(contoso, link.principal, link.job_id.split(".")[0], federal)
    assert isinstance(refused, tuple)
    assert "The target tenant has not enabled inbound synchronization" in refused[2]


def test_application_for_one_cloud_does_not_find_a_tenant_of_another(contoso: Api, federal: Api) -> None:
    """A configuration that was made without the cross-cloud choice cannot be repaired."""
    allow(contoso, federal)
    principal = contoso.application("518e5f48-1fc8-4c48-9387-9fdf28b0dfe7", "Wrong")["servicePrincipal"]["id"]
    refused = validate(contoso, principal, "Azure2Azure", federal)

    assert isinstance(refused, tuple)
    assert "ExternalTenantNotFound" == refused[1]
    assert f"https://login.microsoftonline.com/{federal.tenant.tenant_id}" in refused[2]


@pytest.mark.parametrize("source", ["china", "usgov"])
def test_pairs_of_clouds_that_are_not_supported_do_not_validate(contoso: Api, source: str) -> None:
    """China only receives, and US Government and China cannot be linked."""
    emulator = contoso.emulator
    emulator.add_tenant("from", source)
    emulator.add_tenant("to", "china" if source == "usgov" else "global")
    one, other = Api(emulator, "from"), Api(emulator, "to")
    allow(one, other)
    (template,) = one.get("/applicationTemplates?$filter=contains(displayName,'across Microsoft clouds')")["value"]
    principal = one.application(template["id"], "Link")["servicePrincipal"]["id"]

    assert "ExternalTenantNotFound" == validate(one, principal, "Azure2AzureCrossCloud", other)[1]  # type: ignore[index]


def test_saved_credentials_are_tried_by_job(link: Link) -> None:
    """useSavedCredentials tests what is stored."""
    assert 204 == link.source.send("POST", f"{link.job}/validateCredentials", {"useSavedCredentials": True}).status_code


def test_cross_cloud_box_makes_a_service_principal_with_four_permissions(federal: Api) -> None:
    """What the box grants in the target can be seen there."""
    principal = federal.tenant.allow_cross_cloud_synchronization_from("global")
    granted = federal.get(f"/servicePrincipals/{principal}/appRoleAssignments")["value"]
    graph = federal.get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
    names = {role["id"]: role["value"] for role in graph["appRoles"]}

    assert {
        "User.ReadWrite.CrossCloud",
        "User.Invite.All",
        "Organization.Read.All",
        "Policy.Read.All",
    } == {names[item["appRoleId"]] for item in granted}


def test_box_whose_service_principal_lost_a_permission_does_not_validate(link: Link) -> None:
    """The box is the service principal with all of its permissions."""
    target = link.target
    principal = target.tenant.allow_cross_cloud_synchronization_from("global")
    granted = target.get(f"/servicePrincipals/{principal}/appRoleAssignments")["value"]
    target.ok("DELETE", f"/servicePrincipals/{principal}/appRoleAssignments/{granted[0]['id']}")
    body = {"useSavedCredentials": True}

    assert "AzureActiveDirectoryTokenExpired" == link.source.error("POST", f"{link.job}/validateCredentials", body)[1]
    target.tenant.forbid_cross_cloud_synchronization_from("global")
    target.tenant.allow_cross_cloud_synchronization_from("global")
    assert 204 == link.source.send("POST", f"{link.job}/validateCredentials", body).status_code


# Jobs


def test_new_job_is_disabled_and_has_the_documented_form(link: Link) -> None:
    """Its id holds template, tenant and application; it waits forty minutes between cycles."""
    job = link.source.get(link.job)

    assert job["id"].startswith(f"Azure2AzureCrossCloud.{link.source.tenant.tenant_id.replace('-', '')}.")
    assert {"expiration": None, "interval": "PT40M", "state": "Disabled"} == job["schedule"]
    assert ("Paused", None) == (job["status"]["code"], job["status"]["lastExecution"])
    assert "0001-01-01T00:00:00Z" == job["status"]["steadyStateFirstAchievedTime"]


def test_started_job_has_not_run_and_that_is_no_failure(link: Link) -> None:
    """Code NotRun with a last execution that failed with error None, as the how-to shows."""
    link.start()
    status = link.status()

    assert ("NotRun", "Failed") == (status["code"], status["lastExecution"]["state"])
    assert "None" == status["lastExecution"]["error"]["code"]


def test_cycle_fills_the_status(link: Link) -> None:
    """Counts, times and the number of synchronized people."""
    link.assign(link.source.user("Counted")["id"])
    link.start()
    link.cycle()
    status = link.status()

    assert "Active" == status["code"]
    assert [{"key": "user to User", "value": 1}] == status["synchronizedEntryCountByType"]
    last = status["lastExecution"]
    assert ("Succeeded", 1, 1) == (last["state"], last["countEntitled"], last["countExported"])
    assert status["lastSuccessfulExecutionWithExports"] == last
    assert status["steadyStateFirstAchievedTime"] == last["timeBegan"]


def test_deleting_a_job_keeps_the_accounts(link: Link) -> None:
    """The job and what it knows are gone, the people stay."""
    user = link.source.user("Stays")
    link.assign(user["id"])
    link.start()
    link.cycle()
    link.source.ok("DELETE", link.job)

    assert 404 == link.source.error("GET", link.job)[0]
    assert [] == link.source.get(f"{link.sync}/jobs")["value"]
    assert link.account(user) is not None


def test_service_principal_takes_its_jobs_and_secrets_along(link: Link) -> None:
    """A deleted parent takes its children, also when it is restored."""
    link.source.ok("DELETE", f"/servicePrincipals/{link.principal}")
    assert [] == jobs(link.source.emulator.service)
    link.source.post(f"/directory/deletedItems/{link.principal}/restore")

    assert [] == link.source.get(f"{link.sync}/jobs")["value"]
    assert [] == link.source.get(f"{link.sync}/secrets")["value"]


def test_job_starts_without_secrets_but_provisions_no_user(contoso: Api, federal: Api) -> None:
    """Terraform's azuread starts a job before it saves secrets; on demand the service says what is missing."""
    link = connect(contoso, federal)
    contoso.ok("PUT", f"{link.sync}/secrets", {"value": [{"key": "CompanyId", "value": ""}]})
    rule = contoso.get(f"{link.job}/schema")["synchronizationRules"][0]["id"]
    subject = {"objectId": contoso.user("Waiting")["id"], "objectTypeName": "User"}
    on_demand = {"parameters": [{"ruleId": rule, "subjects": [subject]}]}

    assert [] == contoso.get(f"{link.sync}/secrets")["value"]
    contoso.ok("POST", f"{link.job}/start")
    assert "Active" == contoso.get(link.job)["schedule"]["state"]
    assert (400, "CredentialsMissing") == contoso.error("POST", f"{link.job}/provisionOnDemand", on_demand)[:2]
    (summary,) = contoso.emulator.run_cycle()
    assert "Failed" == summary.state


def test_unknown_reset_scope_is_refused(link: Link) -> None:
    """Only the documented words are understood."""
    body = {"criteria": {"resetScope": "Watermark, Everything"}}

    assert 400 == link.source.error("POST", f"{link.job}/restart", body)[0]


def test_links_can_be_asked_for_one_by_one_and_cut(link: Link) -> None:
    """Object connections of beta: 404 without a link, 409 while the job runs, listing is refused."""
    user = link.source.user("Linked")
    link.assign(user["id"])
    link.start()
    link.cycle()
    path = f"{link.job}/objectConnections('{user['id']}')"
    connection = link.source.get(path, version="beta")
    assert (user["id"], link.account(user)["id"]) == (connection["sourceAnchor"], connection["targetAnchor"])
    by_account = link.source.get(path.replace(user["id"], link.account(user)["id"]), version="beta")
    assert user["id"] == by_account["sourceAnchor"]
    assert 400 == link.source.error("GET", f"{link.job}/objectConnections", version="beta")[0]
    assert 409 == link.source.error("DELETE", path, version="beta")[0]
    link.source.post(f"{link.job}/pause")
    link.source.ok("DELETE", path, version="beta")

    assert 404 == link.source.error("GET", path, version="beta")[0]
    link.source.ok("DELETE", path, version="beta")


# Secrets


def test_secrets_are_replaced_as_a_set(link: Link) -> None:
    """What is not sent is gone; a mask that comes back keeps what was saved."""
    path = f"{link.sync}/secrets"
    value = [{"key": "SecretToken", "value": "hush"}, {"key": "CompanyId", "value": "x"}]
    link.source.ok("PUT", path, {"value": value})
    link.source.ok("PUT", path, {"value": [{"key": "SecretToken", "value": "*"}]})

    assert [{"key": "SecretToken", "value": "*"}] == link.source.get(path)["value"]
    assert 400 == link.source.error("PUT", path, {"value": [{"key": "Cloud", "value": "x"}]})[0]


@pytest.mark.parametrize("more", [{}, {"@odata.type": "#microsoft.graph.synchronizationSecretKeyStringValuePair"}])
def test_log_of_requests_has_no_secret(link: Link, more: dict[str, str]) -> None:
    """Whatever else an object with a key and a value has, and also if the request is refused."""
    keys = [*sorted(SECRET_KEYS), "MySecret"]
    value = [{**more, "key": key, "value": "hush"} for key in keys]
    value.append({**more, "key": "Domain", "value": "contoso.com"})
    link.source.send("PUT", f"{link.sync}/secrets", {"value": value})
    logged = link.source.emulator.requests[-1].body["value"]

    assert dict.fromkeys(keys, "*") | {"Domain": "contoso.com"} == {pair["key"]: pair["value"] for pair in logged}


def test_government_tenants_keep_one_kilobyte_of_secrets(contoso: Api, federal: Api) -> None:
    """More is refused in a US Government cloud, not in the global one."""
    value = [{"key": "BaseAddress", "value": "x" * 1100}]
    assert contoso.ok("PUT", f"{connect(contoso, federal).sync}/secrets", {"value": value}) is None
    principal = federal.application("518e5f48-1fc8-4c48-9387-9fdf28b0dfe7", "Link")["servicePrincipal"]["id"]

    assert 400 == federal.error("PUT", f"/servicePrincipals/{principal}/synchronization/secrets", {"value": value})[0]


# Schema


def test_schema_is_the_templates_until_it_is_saved(link: Link) -> None:
    """PUT gives the job its own, with a newer version; DELETE returns to the template's."""
    path = f"{link.job}/schema"
    template = link.source.get(f"{link.sync}/templates/Azure2AzureCrossCloud/schema")
    before = link.source.get(path)
    assert before["synchronizationRules"] == template["synchronizationRules"]
    link.map("city", '"Here"')
    after = link.source.get(path)
    assert after["version"] != before["version"]
    link.source.ok("DELETE", path)

    assert link.source.get(path)["synchronizationRules"] == template["synchronizationRules"]


def test_patch_of_the_schema_finds_no_resource(link: Link) -> None:
    """The metadata promises PATCH, the service does not have it."""
    status, code, message = link.source.error("PATCH", f"{link.job}/schema", {})

    assert (404, "UnknownError") == (status, code)
    assert message.startswith('{"Message":"No HTTP resource was found that matches the request URI')


def test_manager_is_mapped_within_the_global_cloud_only(contoso: Api, federal: Api) -> None:
    """The cross-cloud template has no manager."""
    link = connect(contoso, federal)
    rows = contoso.get(f"{link.job}/schema")["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]

    assert "manager" not in {row["targetAttributeName"] for row in rows}


def edited(schema: JSON, edit: str) -> JSON:
    """A schema with one mistake."""
    mapping = schema["synchronizationRules"][0]["objectMappings"][0]
    rows = mapping["attributeMappings"]
    if edit == "matching":
        row = next(row for row in rows if row["matchingPriority"])
        row["source"] = {
            "type": "Attribute",
            "name": "mail",
            "expression": "[mail]",
            "parameters": [],
        }
    elif edit == "second matching":
        rows[5]["matchingPriority"] = 2
    elif edit == "twice":
        rows.append(rows[5])
    elif edit == "unknown source":
        rows[5]["source"] = {"type": "Attribute", "name": "City", "expression": "[City]", "parameters": []}
    elif edit == "unknown target":
        rows[5]["targetAttributeName"] = "shoeSize"
    elif edit in {"proxyAddresses", "otherMails"}:
        rows[5]["targetAttributeName"] = edit
    elif edit == "expression":
        rows[5]["source"] = {"type": "Function", "name": "Nope", "expression": "Nope([city])", "parameters": []}
    elif edit == "filter":
        clause = {"operatorName": "LOOKS LIKE", "sourceOperandName": "city", "targetOperand": {"values": ["x"]}}
        mapping["scope"]["groups"] = [{"name": "x", "clauses": [clause]}]
    elif edit == "incomplete":
        del schema["synchronizationRules"]
    return schema


@pytest.mark.parametrize(
    "edit",
    [
        "matching",
        "second matching",
        "twice",
        "unknown source",
        "unknown target",
        "proxyAddresses",
        "otherMails",
        "expression",
        "filter",
        "incomplete",
    ],
)
def test_schema_with_a_mistake_is_invalid(link: Link, edit: str) -> None:
    """schemaInvalid with what is wrong; the schema stays as it was."""
    before = link.source.get(f"{link.job}/schema")
    wrong = edited(link.source.get(f"{link.job}/schema"), edit)
    status, code, message = link.source.error("PUT", f"{link.job}/schema", wrong)

    assert (400, "schemaInvalid") == (status, code)
    assert message
    assert link.source.get(f"{link.job}/schema") == before


def test_unknown_fields_of_a_schema_survive(contoso: Api, federal: Api) -> None:
    """What the service's own schema has and the emulator does not know comes back as it was sent."""
    schema = default_schema("global", "usgov")
    schema["synchronizationRules"][0]["ofTheFuture"] = {"x": [1]}
    contoso.tenant.start_jobs_with(schema)
    link = connect(contoso, federal)
    link.source.ok("PUT", f"{link.job}/schema", link.source.get(f"{link.job}/schema"))

    assert {"x": [1]} == link.source.get(f"{link.job}/schema")["synchronizationRules"][0]["ofTheFuture"]


def test_properties_that_no_schema_has_are_refused_by_name(link: Link) -> None:
    """A filter has groups; filterGroups is no property of it."""
    schema = link.source.get(f"{link.job}/schema")
    schema["synchronizationRules"][0]["objectMappings"][0]["scope"]["filterGroups"] = []
    error = link.source.send("PUT", f"{link.job}/schema", schema).json()["error"]

    assert ("BadRequest", True) == (error["code"], "'filterGroups'" in error["message"])


def test_schema_is_taken_without_directories_and_ids(link: Link) -> None:
    """Directories are a relationship and stay as they are; a rule without an id keeps its own; the next PUT works."""
    before = link.source.get(f"{link.job}/schema")
    sent = {"synchronizationRules": [{**rule, "id": None} for rule in before["synchronizationRules"]]}
    link.source.ok("PUT", f"{link.job}/schema", sent)
    after = link.source.get(f"{link.job}/schema")
    link.source.ok("PUT", f"{link.job}/schema", after)

    assert before["directories"] == after["directories"]
    assert before["synchronizationRules"] == after["synchronizationRules"]


def test_rows_that_do_not_change_are_not_checked(contoso: Api, federal: Api) -> None:
    """A schema with functions, keys and attributes that are unknown here can be saved with one row changed."""
    schema = default_schema("global", "usgov")
    rows = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
    strange = {"expression": "Shine([moon])", "name": "Shine", "type": "Function", "parameters": []}
    rows[2] = {**rows[2], "source": strange, "flowType": "Sometimes", "targetAttributeName": "tide"}
    contoso.tenant.start_jobs_with(schema)
    link = connect(contoso, federal)
    changed = link.source.get(f"{link.job}/schema")
    row = changed["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"][3]
    row["defaultValue"] = "Oslo"
    link.source.ok("PUT", f"{link.job}/schema", changed)
    row["source"] = strange

    assert 400 == link.source.send("PUT", f"{link.job}/schema", changed).status_code


@pytest.mark.parametrize("value", ["", "not json", "[]"])
def test_notification_settings_are_an_object_of_json(link: Link, value: str) -> None:
    """The service's own code is inside the message; nothing is saved."""
    before = link.source.get(f"{link.sync}/secrets")
    body = {"value": [{"key": "SyncNotificationSettings", "value": value}]}
    error = link.source.send("PUT", f"{link.sync}/secrets", body).json()["error"]

    assert ("UnknownError", True) == (error["code"], "InvalidNotificationSettings" in error["message"])
    assert before == link.source.get(f"{link.sync}/secrets")


def test_functions_and_operators_are_those_of_the_expression_language(link: Link) -> None:
    """The lists come from the definitions that the cycle evaluates."""
    functions = {item["name"] for item in link.source.get(f"{link.job}/schema/functions")["value"]}
    operators = {item["name"] for item in link.source.get(f"{link.job}/schema/filterOperators()")["value"]}

    assert {"Append", "Switch", "IIF", "AltSecIdFromNetId"} <= functions
    assert {"EQUALS", "IS NOT NULL", "REGEX MATCH"} <= operators


@pytest.mark.parametrize(
    ("expression", "parsed", "evaluated", "result"),
    [
        ('Join("-", [a], [b])', True, True, ["1-2"]),
        ("[c]", True, True, []),
        ("Append([a]", False, False, []),
        ('Item(Split([a], ","), "7")', True, False, []),
    ],
)
def test_expression_is_parsed_and_evaluated(
    link: Link, expression: str, parsed: bool, evaluated: bool, result: list[str]
) -> None:
    """Parsing and evaluation succeed or fail on their own, with an error that says why."""
    test = {"definition": None, "properties": [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]}
    body = {"expression": expression, "testInputObject": test}
    answer = link.source.post(f"{link.job}/schema/parseExpression", body)

    assert (answer["parsingSucceeded"], answer["evaluationSucceeded"]) == (parsed, evaluated)
    assert answer["evaluationResult"] == result
    assert (answer["error"] is None) == evaluated


def test_discovery_finds_directory_extensions(link: Link) -> None:
    """An extension that people of the source have becomes an attribute."""
    name = "extension_0123456789abcdef0123456789abcdef_badge"
    user = link.source.user("Extended")
    link.source.patch(f"/users/{user['id']}", {name: "42"})
    directory = link.source.get(f"{link.job}/schema")["directories"][0]
    found = link.source.post(f"{link.job}/schema/directories/{directory['id']}/discover")
    attributes = {item["name"] for item in found["objects"][0]["attributes"]}

    assert name in attributes
    assert found["discoveryDateTime"]

"""Attribute mappings."""

from typing import Any

from entra_sync.expressions import AttributeMapping, Mappings, defaults, expr
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.synchronization_attribute_mapping import SynchronizationAttributeMappingArgs
from entra_sync.resources.synchronization_schema import SynchronizationSchemaArgs
from tests.policies.harness import CONTOSO, FEDERAL, UNKNOWN, Case, Res

STAY, MEMBERS, MATCH = "attributes-stay-in-their-cloud", "members-only-where-allowed", "matching-property-safe"


def schema(
    mappings: Mappings | None = None,
    also: dict[str, Any] | None = None,
    *,
    tenant: Tenant = CONTOSO,
    target: str | None = "china",
) -> Res:
    """A schema with the template's documented rows and filter, but for the changes."""
    rows = Mappings(()) if mappings is None else mappings
    args = SynchronizationSchemaArgs(
        tenant=tenant,
        service_principal_id="50000000-0000-0000-0000-000000000001",
        job_id="job",
        mappings=rows,
        target_cloud=target,
    )
    return Res(args, also or {})


def single(target: str, source: str, **more: Any) -> Res:
    """One row of a schema that this program does not manage."""
    return of_mapping(AttributeMapping(target=target, source=source, **more))


def of_mapping(mapping: AttributeMapping) -> Res:
    """The same, of a mapping."""
    args = SynchronizationAttributeMappingArgs(
        tenant=CONTOSO,
        service_principal_id="50000000-0000-0000-0000-000000000001",
        job_id="job",
        mapping=mapping,
        target_cloud="china",
    )
    return Res(args)


FOREIGN = {
    "targetAttributeName": "displayName",
    "source": {"type": "Function", "name": "Frobnicate", "expression": "Frobnicate([mobile", "parameters": []},
}
USUAL = defaults("global", "china")
NO_PHONES = USUAL.without("telephoneNumber").without("mobile")
RESIDENCY = {"forbidden": {"china": ["telephoneNumber", "mobilePhone"], "*": ["employeeId"]}}
CLEAN = NO_PHONES.without("employeeId")
GUESTS = Mappings(()).constant("userType", "Guest")


def cross(attribute: str, target: str, way_out: str, where: str = "China (21Vianet)") -> str:
    """The message about an attribute that crosses."""
    return f"{attribute} must not cross into {where}, but the mapping to {target} uses it; {way_out}"


def template(target: str) -> str:
    """The way out of a row that the program does not declare."""
    return f'it is in the template; remove it with .without("{target}")'


EXPRESSION = expr('Switch([country], Append([displayName], Replace([telephoneNumber], "+", , , "", , )), "DE", "x")')
NO_TYPE = (
    "users may become members in China (21Vianet), because nothing is mapped to userType; "
    'use .constant("userType", "Guest")'
)
DIRECTORY_EXTENSION = "extension_0123456789abcdef0123456789abcdef_salary"
MEMBER = 'users would become members in China (21Vianet) by "Member"'

CASES = (
    Case(STAY, "passes", "nor where it is not said where they go", schema(target=None)),
    Case(
        STAY,
        "passes",
        "a row that is taken out, whatever its source",
        schema(CLEAN.replace("displayName", "[telephoneNumber]", apply="never")),
        config=RESIDENCY,
    ),
    Case(
        STAY,
        "passes",
        "a row that the template has within a cloud only",
        schema(),
        config={"forbidden": {"china": ["manager"]}},
    ),
    Case(STAY, "passes", "nothing is forbidden where nothing is configured", schema()),
    Case(STAY, "passes", "what is forbidden is taken out", schema(CLEAN), config=RESIDENCY),
    Case(
        STAY,
        "passes",
        "a constant carries no personal data",
        schema(USUAL.without("mobile").without("employeeId").constant("telephoneNumber", "1")),
        config=RESIDENCY,
    ),
    Case(
        STAY,
        "reported",
        "rows that the program declares",
        schema(USUAL),
        [
            cross("employeeId", "employeeId", template("employeeId")),
            cross("telephoneNumber", "telephoneNumber", template("telephoneNumber")),
        ],
        RESIDENCY,
    ),
    Case(
        STAY,
        "reported",
        "rows that the template has and the program leaves",
        schema(),
        [
            cross("employeeId", "employeeId", template("employeeId")),
            cross("telephoneNumber", "telephoneNumber", template("telephoneNumber")),
        ],
        RESIDENCY,
    ),
    Case(
        STAY,
        "reported",
        "a row that the program declares itself",
        schema(NO_PHONES.replace("employeeId", "[employeeId]")),
        [cross("employeeId", "employeeId", 'use .without("employeeId")')],
        RESIDENCY,
    ),
    Case(
        STAY,
        "reported",
        "rows that the live template has, and not those that it lacks",
        schema(
            USUAL,
            also={
                "template": [
                    {"target": "mobile", "source": "[mobile]"},
                    {"target": "employeeId", "apply": "never"},
                    {"target": "telephoneNumber", "apply": "never"},
                ]
            },
        ),
        [cross("mobile", "mobile", template("mobile"))],
        RESIDENCY,
    ),
    Case(
        STAY,
        "reported",
        "deep in an expression",
        schema(CLEAN.replace("displayName", EXPRESSION)),
        [cross("telephoneNumber", "displayName", f"remove it from {EXPRESSION}")],
        RESIDENCY,
    ),
    Case(
        STAY,
        "reported",
        "something else is written to it",
        schema(USUAL.without("mobile").without("employeeId").replace("telephoneNumber", "[extensionAttribute1]")),
        [
            "telephoneNumber must not be written in China (21Vianet), but [extensionAttribute1] writes it; remove "
            "it from "
            "[extensionAttribute1]"
        ],
        RESIDENCY,
    ),
    Case(
        STAY,
        "reported",
        "where it goes is not said",
        schema(USUAL, target=None),
        ["it is not known which cloud the attributes go to; set target_cloud"],
        RESIDENCY,
    ),
    Case(
        STAY,
        "reported",
        "a source that this version cannot read",
        of_mapping(AttributeMapping.from_graph(FOREIGN)),
        ["cannot be judged: displayName: the source Frobnicate([mobile cannot be read"],
        RESIDENCY,
    ),
    Case(
        STAY,
        "reported",
        "a state that another version wrote",
        schema(also={"targetCloud": "moon"}),
        ['cannot be judged: targetCloud: "moon" is unknown; known are global, usgov, usgovdod, china'],
        RESIDENCY,
    ),
    Case(
        STAY,
        "reported",
        "a single row",
        single("displayName", "[mobile]"),
        [cross("mobile", "displayName", "remove it from [mobile]")],
        RESIDENCY,
    ),
    Case(
        STAY, "passes", "a single row that is taken out", single("mobile", "[mobile]", apply="never"), config=RESIDENCY
    ),
    Case(
        MEMBERS,
        "reported",
        "a single row",
        single("userType", '"Member"'),
        [f'{MEMBER}; use .constant("userType", "Guest")'],
        {"clouds": []},
    ),
    Case(MATCH, "passes", "a single row that does not match", single("mail", "[mail]")),
    Case(
        MATCH,
        "reported",
        "a single row",
        single("mail", "[mail]", match=2),
        ["mail (match 2) can match the account of another user; match on alternativeSecurityIds only"],
    ),
    Case(
        STAY, "unknown", "the mappings are not known yet", schema(also={"mappings": UNKNOWN}), ["? mappings"], RESIDENCY
    ),
    Case(
        STAY,
        "configured",
        "what is forbidden everywhere",
        schema(USUAL, target="usgov"),
        [cross("employeeId", "employeeId", template("employeeId"), "US Government")],
        RESIDENCY,
    ),
    *(
        Case(
            STAY,
            "configured",
            f"the name {name}",
            single("displayName", f"[{attribute}]"),
            [cross(attribute, "displayName", f"remove it from [{attribute}]")],
            {"forbidden": {"*": [name]}},
        )
        for attribute, name in (
            ("extensionAttribute1", "onPremisesExtensionAttributes.extensionAttribute1"),
            ("extensionAttribute1", "onPremisesExtensionAttributes/extensionAttribute1"),
            ("employeeOrgData.costCenter", "employeeOrgData/costCenter"),
            ("telephoneNumber", "businessPhones"),
            ("manager", "manager/id"),
            ("netId", "NETID"),
            (DIRECTORY_EXTENSION, DIRECTORY_EXTENSION),
        )
    ),
    *(
        Case(
            STAY,
            "configured",
            f"the name {name}, which no attribute has",
            schema(CLEAN),
            [f'configuration: forbidden: "{name}" is not an attribute of a user{hint}'],
            {"forbidden": {"china": [name]}},
        )
        for name, hint in (("departement", ', did you mean "department"?'), ("0", ""))
    ),
    Case(STAY, "configured", "nothing crosses within a cloud", schema(USUAL, target="global"), config=RESIDENCY),
    Case(
        STAY,
        "configured",
        "the US Government clouds are one",
        schema(tenant=FEDERAL, target="usgovdod"),
        config=RESIDENCY,
    ),
    Case(
        STAY,
        "configured",
        "the configuration names no cloud",
        schema(USUAL),
        ['configuration: forbidden: "moon" is not a cloud; use global, usgov, usgovdod, china, or "*" for all'],
        {"forbidden": {"moon": ["mail"]}},
    ),
    Case(MEMBERS, "passes", "members are allowed everywhere where nothing is configured", schema(USUAL)),
    Case(MEMBERS, "passes", "it need not be said where it goes then", schema(USUAL, target=None)),
    Case(MEMBERS, "passes", "guests", schema(GUESTS), config={"clouds": ["usgov"]}),
    Case(
        MEMBERS,
        "passes",
        "an expression that gives guests",
        schema(USUAL.replace("userType", expr('IIF("a" = "b", "Member", "Guest")'))),
        config={"clouds": []},
    ),
    Case(
        MEMBERS,
        "passes",
        "guests where the source is empty",
        schema(USUAL.replace("userType", '""', default="Guest")),
        config={"clouds": []},
    ),
    Case(
        MEMBERS,
        "passes",
        "an expression that leaves every user out",
        schema(USUAL.replace("userType", "IgnoreObjectFlow")),
        config={"clouds": []},
    ),
    Case(MEMBERS, "passes", "a single row of another attribute", single("mail", "[mail]"), config={"clouds": []}),
    Case(MEMBERS, "reported", "no row for it", schema(USUAL.without("userType")), [NO_TYPE], {"clouds": []}),
    Case(
        MEMBERS,
        "reported",
        "a single row that is taken out",
        single("userType", '"Guest"', apply="never"),
        [NO_TYPE],
        {"clouds": []},
    ),
    *(
        Case(
            MEMBERS,
            "reported",
            f"an expression without attributes that gives members, or no value: {source}",
            schema(USUAL.replace("userType", source)),
            [f'users would become members in China (21Vianet) by {source}; use .constant("userType", "Guest")'],
            {"clouds": []},
        )
        for source in (
            'Append("Mem", "ber")',
            '""',
            "IgnoreAttributeFlow",
            'RandomString(6, 1, 1, 1, 1, "")',
            'Switch(Left(Now(), 2), "Guest", "21", "Member")',
            'IIF(FormatDateTime("12", "", "MM", "yyyy") = "2030", "Member", "Guest")',
        )
    ),
    Case(
        MEMBERS,
        "reported",
        "a single row that keeps its source",
        of_mapping(AttributeMapping(target="userType", default="Guest")),
        ['users would become members in China (21Vianet) by the present source; use .constant("userType", "Guest")'],
        {"clouds": []},
    ),
    Case(
        MEMBERS,
        "reported",
        "a default, which does not replace a value that is left out",
        schema(USUAL.replace("userType", "IgnoreAttributeFlow", default="Guest")),
        ['users would become members in China (21Vianet) by IgnoreAttributeFlow; use .constant("userType", "Guest")'],
        {"clouds": []},
    ),
    Case(
        MEMBERS,
        "reported",
        "an expression that has no value",
        schema(USUAL.replace("userType", 'CDate("soon")')),
        ['cannot be judged: userType: the source CDate("soon") has no value'],
        {"clouds": []},
    ),
    Case(
        MEMBERS,
        "reported",
        "the program makes members",
        schema(USUAL.constant("userType", "Member")),
        [f'{MEMBER}; use .constant("userType", "Guest")'],
        {"clouds": ["usgov"]},
    ),
    Case(
        MEMBERS,
        "reported",
        "the template makes members",
        schema(),
        [f'{MEMBER}, which is in the template; use .constant("userType", "Guest")'],
        {"clouds": ["usgov"]},
    ),
    Case(
        MEMBERS,
        "reported",
        "an expression may make members",
        schema(USUAL.replace("userType", expr('Switch([employeeType], "Guest", "Employee", "MEMBER")'))),
        [
            'users would become members in China (21Vianet) by Switch([employeeType], "Guest", "Employee", "MEMBER"); '
            'use .constant("userType", "Guest")'
        ],
        {"clouds": ["usgov"]},
    ),
    Case(
        MEMBERS,
        "reported",
        "an attribute may say anything",
        schema(USUAL.replace("userType", "[extensionAttribute1]")),
        ['users would become members in China (21Vianet) by [extensionAttribute1]; use .constant("userType", "Guest")'],
        {"clouds": ["usgov"]},
    ),
    Case(
        MEMBERS,
        "reported",
        "the default of an empty source",
        schema(USUAL.replace("userType", '"Guest"', default="Member")),
        ['users would become members in China (21Vianet) by "Guest"; use .constant("userType", "Guest")'],
        {"clouds": ["usgov"]},
    ),
    Case(
        MEMBERS,
        "unknown",
        "the mappings are not known yet",
        schema(also={"mappings": UNKNOWN}),
        ["? mappings"],
        {"clouds": []},
    ),
    Case(MEMBERS, "configured", "members are allowed in this cloud", schema(USUAL), config={"clouds": ["china"]}),
    Case(
        MEMBERS,
        "configured",
        "where it goes is not said",
        schema(USUAL.constant("userType", "Member"), target=None),
        ['users would become members in an unknown cloud by "Member"; use .constant("userType", "Guest")'],
        {"clouds": ["usgov"]},
    ),
    Case(MATCH, "passes", "the service's own matching row", schema(USUAL)),
    Case(MATCH, "passes", "the template's row where none is declared", schema()),
    Case(
        MATCH,
        "reported",
        "accounts are found by mail",
        schema(USUAL.matching("mail", 2)),
        ["mail (match 2) can match the account of another user; match on alternativeSecurityIds only"],
    ),
    Case(
        MATCH,
        "reported",
        "no row finds accounts",
        schema(Mappings((AttributeMapping(target="alternativeSecurityIds", source="[netId]", match=0),))),
        ["no attribute matches existing accounts, so users would be created twice; keep the template's matching row"],
    ),
    Case(MATCH, "unknown", "the mappings are not known yet", schema(also={"mappings": UNKNOWN}), ["? mappings"]),
    Case(
        MATCH,
        "configured",
        "another property is allowed",
        schema(USUAL.matching("mail", 2)),
        config={"allowed": ["alternativeSecurityIds", "mail"]},
    ),
)

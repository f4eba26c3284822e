"""Names and tags."""

from entra_sync.resources.identity_synchronization import IdentitySynchronizationArgs
from entra_sync.resources.service_principal import ServicePrincipalArgs
from tests.policies.harness import CONTOSO, CONTOSO_ID, FEDERAL, UNKNOWN, Case, Res

NAMES, TAGS = "names-follow-pattern", "stack-has-tags"


def application(name: str, resource: str = "app", unknown: bool = False) -> Res:
    """An application of that name."""
    args = ServicePrincipalArgs(tenant=CONTOSO, display_name=name)
    return Res(args, {"displayName": UNKNOWN} if unknown else {}, name=resource)


def inbound(name: str | None) -> Res:
    """What a target lets in, under that name."""
    args = IdentitySynchronizationArgs(tenant=FEDERAL, partner_tenant_id=CONTOSO_ID, display_name=name)
    return Res(args, name="inbound")


CASES = (
    Case(NAMES, "passes", "a plain name", application("Contoso to Federal")),
    Case(NAMES, "passes", "no name where none is needed", inbound(None)),
    Case(
        NAMES,
        "reported",
        "blanks at the end",
        application("Contoso "),
        [r'display name "Contoso " does not match \S+( \S+)*; change display_name'],
    ),
    Case(
        NAMES,
        "reported",
        "blanks in between",
        inbound("a  b"),
        [r'display name "a  b" does not match \S+( \S+)*; change display_name'],
    ),
    Case(NAMES, "unknown", "the name is not known yet", application("x", unknown=True), ["? displayName"]),
    Case(
        NAMES,
        "configured",
        "both names have their pattern",
        application("Contoso", "thing"),
        [
            'display name "Contoso" does not match SYNC .*; change display_name',
            'resource name "thing" does not match contoso-.*; rename it, with an alias for the former name',
        ],
        {"displayName": "SYNC .*", "resourceName": "contoso-.*"},
    ),
    Case(
        NAMES,
        "configured",
        "both fit",
        application("SYNC a", "contoso-a"),
        config={"displayName": "SYNC .*", "resourceName": "contoso-.*"},
    ),
    Case(
        NAMES,
        "configured",
        "the configuration is no regular expression",
        application("a"),
        [
            'configuration: displayName: "(" is not a regular expression: missing ), unterminated subpattern at '
            "position 0"
        ],
        {"displayName": "("},
    ),
    Case(TAGS, "passes", "none is asked for", []),
    Case(TAGS, "passes", "it is there", [], config={"required": {"owner": ".+"}}, tags={"owner": "identity"}),
    Case(
        TAGS,
        "reported",
        "it is not there",
        [],
        ['the stack has no tag "owner"; set it with `pulumi stack tag set owner …`'],
        {"required": {"owner": ".+"}},
    ),
    Case(
        TAGS,
        "configured",
        "its value is another",
        [],
        [
            'the stack\'s tag "environment" is "prod2", which does not match prod|test; set it with '
            "`pulumi stack tag set environment …`"
        ],
        {"required": {"environment": "prod|test"}},
        {"environment": "prod2"},
    ),
    Case(TAGS, "unknown", "tags are always known", [application("x", unknown=True)]),
)

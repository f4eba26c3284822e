"""Application templates of the gallery, and making an application from one (applicationTemplate resource).

Two templates stand for cross-tenant synchronization. The one inside a cloud has the documented id. For the one across
clouds, and for that of Azure Databricks, Microsoft documents no id: these are the emulator's stand-ins, so a client has
to find them by their names or be told.
"""

from __future__ import annotations

from typing import Any

from entra_sync.emulator.errors import bad_request, not_found
from entra_sync.emulator.graph.applications.applications import show_application
from entra_sync.emulator.graph.applications.service_principals import show_service_principal
from entra_sync.emulator.graph.audit import audit_object
from entra_sync.emulator.graph.bodies import parameters
from entra_sync.emulator.graph.collection import Collection, collection
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.state.clock import iso
from entra_sync.emulator.state.store import Document, Entry
from entra_sync.emulator.state.tenants import new_service_principal
from entra_sync.microsoft.assumptions import DATABRICKS_NAME, Facts

__all__ = ["gallery", "routes"]

routes = Router()

CUSTOM_TEMPLATE = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"
"""Gallery id of an application that is not in the gallery ("Add an application that isn't in the gallery")."""


def _template(
    id: str, name: str, description: str, home: str, publisher: str, *, modes: tuple[str, ...] = (), sync: bool = True
) -> Document:
    return {
        "id": id,
        "displayName": name,
        "homePageUrl": home,
        "supportedSingleSignOnModes": list(modes),
        "supportedProvisioningTypes": ["sync"] if sync else [],
        "logoUrl": f"https://images.microsoft.com/logos/{id}.png",
        "categories": ["collaboration"],
        "publisher": publisher,
        "description": description,
        "endpoints": [],
    }


_HOME = "https://account.activedirectory.windowsazure.com:444/applications/default.aspx?metadata={}|ISV9.1|primary|z"


def gallery(facts: Facts) -> dict[str, Document]:
    """The templates of the gallery, by id."""
    synchronizing = (
        _template(
            facts["gallery.same-cloud.id"],
            "Cross-tenant synchronization",
            "Automate creating, updating, and deleting B2B collaboration users across tenants of one cloud.",
            _HOME.format("aad2aadsync"),
            "Microsoft Corporation",
        ),
        _template(
            facts["gallery.cross-cloud.id"],
            facts["gallery.cross-cloud.name"],
            "Automate creating, updating, and deleting B2B collaboration users across tenants of two Microsoft clouds.",
            _HOME.format(facts["gallery.cross-cloud.home"]),
            "Microsoft Corporation",
        ),
        _template(
            facts["gallery.databricks.id"],
            DATABRICKS_NAME,
            "Provision users and groups to Azure Databricks by SCIM.",
            "https://azure.microsoft.com?metadata=databricks|ISV9.1|primary|z",
            "Databricks",
        ),
    )
    return {template["id"]: template for template in (*synchronizing, *_OTHERS)}


_OTHERS = (
    _template(
        "229946b9-a9fb-45b8-9531-efa47453ac9e",
        "Azure AD SAML Toolkit",
        "Configure Azure AD SAML single sign-on integration.",
        "https://samltoolkit.azurewebsites.net/SAML/Consume?metadata=samltoolkit|ISV9.2|primary|z",
        "Azure AD SAML Toolkit",
        modes=("saml",),
        sync=False,
    ),
    _template(
        "4f2fc37d-967b-4929-9959-fbe9c9dbccca",
        "Slack",
        "Bring team communication and collaboration into one place.",
        "https://slack.com?metadata=slack|ISV9.1|primary|z",
        "Slack Technologies",
        modes=("saml", "password"),
    ),
    _template(
        "4601ed45-8ff3-4599-8377-b6649007e876",
        "Marketo",
        "Automate marketing and measure what it brings.",
        "https://app.marketo.com?metadata=marketo|ISV9.1|primary|z",
        "Marketo",
        modes=("saml",),
        sync=False,
    ),
    _template(
        CUSTOM_TEMPLATE,
        "Custom",
        "Integrate any other application you don't find in the gallery.",
        _HOME.format("customappsso"),
        "Microsoft Corporation",
    ),
)


def _template_of(call: Call, id: str) -> Entry:
    template = call.store.get("", "applicationTemplate", id.lower())
    if template is None:
        raise not_found(id)
    return template


collection(
    routes, Collection("/applicationTemplates", "applicationTemplate", find=_template_of, counted=False, shared=True)
)


@routes.on("POST", "/applicationTemplates/{id}/instantiate")
def instantiate(call: Call, id: str) -> Reply:
    """Make an application and its service principal from a template; each call makes new ones."""
    template = _template_of(call, id).doc
    body = parameters(call.json(), {"displayName": str, "serviceManagementReference": str}, "instantiate")
    name = body.get("displayName")
    if name is None or not name.strip():
        raise bad_request("A value is required for property 'displayName' of resource 'Application'.")
    store, now = call.store, iso(call.clock.now())
    app_id, role_id, scope_id = store.new_id(), store.new_id(), store.new_id()
    shared = _shared(role_id)
    scope = _scope(name, scope_id)
    application = call.directory.create(
        "application",
        {
            "appId": app_id,
            "applicationTemplateId": template["id"],
            "createdDateTime": now,
            "displayName": name,
            "isFallbackPublicClient": False,
            "signInAudience": "AzureADMyOrg",
            "publisherDomain": call.tenant.domain,
            "api": _api(scope),
            "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
            "publicClient": {"redirectUris": []},
            "web": {"homePageUrl": template["homePageUrl"], "redirectUris": _replies(template)},
            **shared,
        },
    )
    principal = new_service_principal(
        call.store,
        call.clock,
        call.tid,
        app_id,
        name,
        owner=call.tid,
        applicationTemplateId=template["id"],
        appRoleAssignmentRequired=True,
        signInAudience="AzureADMyOrg",
        homepage=template["homePageUrl"],
        replyUrls=_replies(template),
        tags=["WindowsAzureActiveDirectoryIntegratedApp"],
        oauth2PermissionScopes=[scope],
        **shared,
    )
    made = call.directory.get("servicePrincipal", principal)
    for entry in (application, made):
        store.connect(call.tid, "owner", entry.id, call.claims.oid)
        audit_object(call, "Add {}", entry)
    shown = {
        "application": show_application(call, application.doc),
        "servicePrincipal": show_service_principal(call, made.doc),
    }
    return call.created(shown, "microsoft.graph.applicationServicePrincipal")


def _shared(role_id: str) -> Document:
    unverified = {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None}
    urls = ("logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl")
    return {
        "appRoles": [
            {
                "allowedMemberTypes": ["User"],
                "displayName": "msiam_access",
                "id": role_id,
                "isEnabled": True,
                "description": "msiam_access",
                "value": None,
                "origin": "Application",
            }
        ],
        "info": dict.fromkeys(urls),
        "verifiedPublisher": unverified,
    }


def _scope(name: str, id: str) -> Document:
    return {
        "adminConsentDescription": f"Allow the application to access {name} on behalf of the signed-in user.",
        "adminConsentDisplayName": f"Access {name}",
        "id": id,
        "isEnabled": True,
        "type": "User",
        "userConsentDescription": f"Allow the application to access {name} on your behalf.",
        "userConsentDisplayName": f"Access {name}",
        "value": "user_impersonation",
    }


def _api(scope: Document) -> Document:
    return {
        "acceptMappedClaims": None,
        "knownClientApplications": [],
        "requestedAccessTokenVersion": None,
        "oauth2PermissionScopes": [scope],
        "preAuthorizedApplications": [],
    }


def _replies(template: dict[str, Any]) -> list[str]:
    home = str(template["homePageUrl"])
    return [home.split("?")[0]] if "samltoolkit" in home else []

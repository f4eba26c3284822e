"""Attributes of people as the synchronization service names them, and which of them a cross-tenant job carries.

The service keeps the attribute names of the former Azure AD Graph ("Entity and complex type reference", which
"Customize user provisioning attribute-mappings" points at), so several differ from Microsoft Graph's user resource:
Graph's ``mobilePhone`` is ``mobile`` in a mapping. Names are case-sensitive.

Restrictions come from "Known issues for provisioning in Microsoft Entra ID" (cross-tenant synchronization),
"Scoping users or groups to be provisioned with scoping filters", "Configure cross-tenant synchronization" and "What is
cross-tenant synchronization?".
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = [
    "COMPUTED_ATTRIBUTES",
    "GRAPH_PROPERTIES",
    "NOT_IN_FILTERS",
    "NOT_SOURCE",
    "NOT_TARGET",
    "PROTECTED_TARGETS",
    "REQUIRED_TARGETS",
]

_SAME_NAME = (
    "accountEnabled",
    "ageGroup",
    "city",
    "companyName",
    "consentProvidedForMinor",
    "country",
    "createdDateTime",
    "department",
    "displayName",
    "employeeHireDate",
    "employeeId",
    "employeeLeaveDateTime",
    "employeeOrgData.costCenter",
    "employeeOrgData.division",
    "employeeType",
    "givenName",
    "jobTitle",
    "legalAgeGroupClassification",
    "mail",
    "mailNickname",
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesSecurityIdentifier",
    "onPremisesUserPrincipalName",
    "otherMails",
    "postalCode",
    "preferredLanguage",
    "proxyAddresses",
    "showInAddressList",
    "state",
    "streetAddress",
    "surname",
    "usageLocation",
    "userPrincipalName",
    "userType",
)

GRAPH_PROPERTIES = MappingProxyType(
    {
        **{name: name for name in _SAME_NAME},
        **{f"extensionAttribute{n}": f"onPremisesExtensionAttributes.extensionAttribute{n}" for n in range(1, 16)},
        "dirSyncEnabled": "onPremisesSyncEnabled",
        "facsimileTelephoneNumber": "faxNumber",
        "immutableId": "onPremisesImmutableId",
        "manager": "manager.id",
        "mobile": "mobilePhone",
        "objectId": "id",
        "physicalDeliveryOfficeName": "officeLocation",
        "sipProxyAddress": "imAddresses[0]",
        "telephoneNumber": "businessPhones[0]",
        "userState": "externalUserState",
    }
)
"""Attribute of a mapping → where Microsoft Graph's user resource has it.

A dot goes into a complex property, ``[0]`` takes the first value of a collection, ``manager.id`` needs
``$expand=manager``.
"""

COMPUTED_ATTRIBUTES = MappingProxyType(
    {
        "IsSoftDeleted": "true once the person is unassigned, filtered out, deleted or disabled in the source",
        "alternativeSecurityIds": 'sign-in identities from elsewhere; the text "None" for an ordinary member',
        "appRoleAssignments": "roles held on the synchronization application",
        "netId": "the identifier that links a person to their account in other tenants",
        "originalUserPrincipalName": "the name with which a synchronized account signs in to its home tenant",
    }
)
"""Attributes that the service works out itself: no property of Graph's user resource holds them."""

PROTECTED_TARGETS = MappingProxyType(
    {
        "alternativeSecurityIds": "it is the matching row of cross-tenant synchronization, "
        "and the service refuses any change of it (schemaInvalid)",
    }
)
"""Target attributes whose row belongs to the service and survives every edit."""

REQUIRED_TARGETS = MappingProxyType(
    {
        "IsSoftDeleted": "without it, users who leave the scope are not deprovisioned in the target",
        "accountEnabled": "without it a blocked sign-in in the source stays open in the target",
        "displayName": "the directory creates no account without it",
        "userPrincipalName": "the invitation of a person is addressed by it",
    }
)
"""Target attributes that a link of two tenants cannot do without, and why."""

NOT_TARGET = MappingProxyType(
    {
        "proxyAddresses": "it is read-only in the target (Exchange computes it); it may be used as a source",
        "otherMails": "the target tenant computes it and would overwrite the synchronized value",
        "targetAddress": "Exchange owns it and the service offers no such attribute; set it in the target by hand",
        "HiddenFromAddressListEnabled": "Exchange owns it; map showInAddressList instead",
        "thumbnailPhoto": "photos are not synchronized",
        "photo": "photos are not synchronized",
        "customSecurityAttributes": "custom security attributes are not synchronized",
        "passwordProfile.password": "passwords are not synchronized",
        "objectId": "it is the identity of the account in the target tenant",
    }
)
"""Target attributes that cross-tenant synchronization cannot write, and why."""

NOT_SOURCE = MappingProxyType(
    {
        "SamAccountName": "the service does not read it; copy it to a directory extension or extensionAttribute1..15",
        "userType": "the service does not read it; copy it to a directory extension or use a constant",
        "customSecurityAttributes": "custom security attributes are not synchronized",
        "thumbnailPhoto": "photos are not synchronized",
        "photo": "photos are not synchronized",
        "passwordProfile.password": "passwords are not synchronized",
    }
)
"""Source attributes that a mapping cannot read, and why."""

NOT_IN_FILTERS = MappingProxyType(
    {
        "appRoleAssignments": "role assignments cannot be filtered on; assign people or groups instead",
        "userType": "the service does not read userType; only internal members are synchronized in any case",
        "manager": "references cannot be filtered on; copy what is needed to extensionAttribute1..15",
        "employeeHireDate": "dates cannot be filtered on; copy what is needed to extensionAttribute1..15",
        "employeeLeaveDateTime": "dates cannot be filtered on; copy what is needed to extensionAttribute1..15",
        "members": "members of a group cannot be filtered on",
        "IsMemberOf": "group membership cannot be filtered on; assign the group to the application instead",
    }
)
"""Attributes that a scoping filter cannot use, and why; date and multi-valued attributes cannot be used either."""

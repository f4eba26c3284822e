"""Users, groups, administrative units, and what belongs to them."""

from entra_sync.emulator.graph.directory import (
    administrative_units,
    deleted_items,
    delta,
    directory_objects,
    directory_roles,
    groups,
    invitations,
    licenses,
    members,
    organization,
    phones,
    tenant_objects,
    users,
)

__all__ = ["ROUTES"]

ROUTES = (
    users.routes,
    phones.routes,
    groups.routes,
    members.routes,
    administrative_units.routes,
    directory_roles.routes,
    tenant_objects.routes,
    invitations.routes,
    licenses.routes,
    directory_objects.routes,
    deleted_items.routes,
    delta.routes,
    organization.routes,
)

"""Policies for Microsoft Entra cross-cloud synchronization, and what to write one's own with.

:data:`POLICIES` is the whole list, in the order of the documentation. Each policy is a typed function over the same
arguments that programs use; see :mod:`entra_guard.rule`.
"""

from entra_guard.rule import Config, Remedy, Report, Rule, rule
from entra_guard.rules.credentials import no_client_secrets
from entra_guard.rules.links import (
    automatic_redemption_agreed,
    job_not_in_quarantine,
    no_dangling_half,
    schema_declared,
)
from entra_guard.rules.mappings import (
    attributes_stay_in_their_cloud,
    matching_property_safe,
    members_only_where_allowed,
)
from entra_guard.rules.names import names_follow_pattern, stack_has_tags
from entra_guard.rules.partners import b2b_defaults_closed, b2b_settings_closed, inbound_trust_within_limits
from entra_guard.rules.people import (
    licenses_suffice,
    link_protected,
    people_changed_within_limits,
    people_removed_within_limits,
    wide_change_has_canaries,
)
from entra_guard.rules.settings import deletion_threshold_set, not_everyone_in_scope, notification_mail_set
from entra_guard.rules.tenants import cloud_pair_allowed, partner_tenant_allowed
from entra_guard.stack import Declared, Stack, StackReport, StackRule, stack_rule

__all__ = [
    "POLICIES",
    "Config",
    "Declared",
    "Remedy",
    "Report",
    "Rule",
    "Stack",
    "StackReport",
    "StackRule",
    "rule",
    "stack_rule",
]

POLICIES: tuple[Rule | StackRule, ...] = (
    people_removed_within_limits,
    people_changed_within_limits,
    wide_change_has_canaries,
    link_protected,
    licenses_suffice,
    cloud_pair_allowed,
    partner_tenant_allowed,
    inbound_trust_within_limits,
    b2b_settings_closed,
    b2b_defaults_closed,
    automatic_redemption_agreed,
    no_dangling_half,
    not_everyone_in_scope,
    attributes_stay_in_their_cloud,
    members_only_where_allowed,
    matching_property_safe,
    schema_declared,
    deletion_threshold_set,
    notification_mail_set,
    job_not_in_quarantine,
    no_client_secrets,
    names_follow_pattern,
    stack_has_tags,
)
"""Every policy of the pack."""

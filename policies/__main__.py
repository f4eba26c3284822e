"""The policy pack: `pulumi preview --policy-pack policies`, and `pulumi policy analyze` over a recorded state."""

from pulumi_policy import EnforcementLevel, PolicyPack

from entra_guard import POLICIES

PolicyPack("entra-guard", list(POLICIES), enforcement_level=EnforcementLevel.MANDATORY)

"""Consent that an update gives up, while another link needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from entra_sync.emulator import Emulator
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.cross_tenant_partner import CrossTenantPartnerArgs, CrossTenantPartnerHandler
from entra_sync.resources.shared.access_settings import AutomaticUserConsent, InboundTrust
from entra_sync.resources.shared.ownership import ledger
from entra_sync.resources.shared.ownership.reference import LinkReference
from tests.ownership.links import link
from tests.resources.conftest import connected, contoso, emulator, federal, ground, live, portal, resource
from tests.resources.lifecycle import Lifecycle

__all__ = ["connected", "contoso", "emulator", "federal", "ground", "link", "live", "portal", "resource"]

JSON = Any
PARTNERS = "/v1.0/policies/crossTenantAccessPolicy/partners"
ON = AutomaticUserConsent(outbound_allowed=True)
TRUST = InboundTrust(is_mfa_accepted=True)
Both = tuple[Lifecycle, str]


@pytest.fixture
def declare(contoso: Tenant, federal: Tenant, link: Callable[[str], LinkReference]) -> Callable[..., JSON]:
    """Makes the arguments of the partner entry of a link."""
    references = {name: link(name) for name in ("To Federal", "To Federal again")}

    def make(name: str, **sections: JSON) -> CrossTenantPartnerArgs:
        given = {"tenant": contoso, "partner_tenant_id": federal.tenant_id, "application": references[name]}
        return CrossTenantPartnerArgs(**given, **sections)

    return make


@pytest.fixture
def both(declare: Callable[..., JSON], emulator: Emulator) -> Both:
    """The partner entry of a link, with the consent and more, and the id of the application of another one with it."""
    first, last = (Lifecycle(CrossTenantPartnerHandler(), emulator) for _ in range(2))
    first.up(declare("To Federal", automatic_user_consent_settings=ON, inbound_trust=TRUST))
    args = declare("To Federal again", automatic_user_consent_settings=ON)
    last.up(args)
    return first, args.application.application_id


@pytest.fixture
def consent(portal: Callable[..., JSON], federal: Tenant) -> Callable[[], JSON]:
    """Whether Contoso consents for its users in Federal."""

    def read() -> JSON:
        found = portal("contoso", "GET", f"{PARTNERS}/{federal.tenant_id}")
        return found["automaticUserConsentSettings"]["outboundAllowed"]

    return read


@pytest.mark.parametrize(
    ("sections", "expected", "told"),
    [
        ({}, True, 'stays: link "To Federal again" of tenant contoso uses it'),
        (
            {"automatic_user_consent_settings": AutomaticUserConsent(outbound_allowed=False)},
            False,
            'is switched off, although link "To Federal again" of tenant contoso uses it',
        ),
    ],
    ids=["declared no longer", "declared as false"],
)
def test_consent_that_another_link_needs(
    sections: JSON, expected: bool, told: str, declare, both: Both, consent, capsys
) -> None:
    """It stays if it is no longer declared. Declared as false, it stops both links, and the line names both."""
    first, _ = both
    capsys.readouterr()
    first.up(declare("To Federal", inbound_trust=TRUST, **sections))

    assert expected is consent()
    assert told in capsys.readouterr().err


def test_consent_that_no_other_link_needs_is_taken_back(declare, both: Both, consent, portal) -> None:
    """The other link has released it."""
    first, other_id = both
    path = f"/v1.0/applications/{other_id}"
    tags = portal("contoso", "GET", path)["tags"]
    portal("contoso", "PATCH", path, {"tags": [*tags, "entra-sync:released=source-partner"]})
    first.up(declare("To Federal", inbound_trust=TRUST))

    assert not consent()


def test_what_a_link_has_released_in_this_run_counts_whatever_a_replica_says(
    declare, both: Both, consent, portal, contoso, federal
) -> None:
    """A replica may still show the tags of before."""
    first, other_id = both
    path = f"/v1.0/applications/{other_id}"
    before = portal("contoso", "GET", path)["tags"]
    (other,) = [
        each
        for each in ledger.records(contoso, ledger.target_tag(federal.tenant_id))
        if each.application_id == other_id
    ]
    ledger.mark(other, released=[ledger.Shared.SOURCE_PARTNER])
    portal("contoso", "PATCH", path, {"tags": before})
    first.up(declare("To Federal", inbound_trust=TRUST))

    assert not consent()

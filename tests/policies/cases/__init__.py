"""What each rule says to what, as data: one file for each file of rules."""

from tests.policies.cases import credentials, links, mappings, names, partners, people, settings, tenants
from tests.policies.harness import Case

CASES: tuple[Case, ...] = (
    *people.CASES,
    *settings.CASES,
    *tenants.CASES,
    *partners.CASES,
    *mappings.CASES,
    *links.CASES,
    *credentials.CASES,
    *names.CASES,
)

"""What the next cycle does with each person, before it is asked whose values are in whose way.

Rules, in the order in which the service applies them: "filter resource type" (who fails the input filter is not looked
at), "What is cross-tenant synchronization?" (deprovisioning, restore, accounts that exist), "Configure cross-tenant
synchronization" (accounts deleted in the target).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from entra_sync.expressions import Context
from entra_sync.impact.facts.facts import Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.series import nulls
from entra_sync.impact.facts.users import as_the_service_sees
from entra_sync.impact.planning.users.accounts import with_matches
from entra_sync.impact.planning.users.decisions.actions import DECIDED
from entra_sync.impact.planning.users.decisions.arriving import arriving
from entra_sync.impact.planning.users.decisions.leaving import leaving
from entra_sync.impact.planning.users.flow import Flow, flow
from entra_sync.impact.planning.users.parts import Part, Parts, Rows
from entra_sync.impact.planning.users.scope import Population, Scoping

__all__ = ["Decisions", "decide", "flow_of", "seen"]


@dataclass(frozen=True)
class Decisions:
    """One row a person of one part, in order of their ids.

    Attributes:
        part: The part.
        people: As the service sees them.
        population: The same, to be asked who is in scope.
        scope: Who is in scope.
        table: ``person``, the columns of :data:`entra_sync.impact.planning.users.accounts.ACCOUNT`, and those of
            :data:`DECIDED`.
        accounts: The target's users at the accounts of the table.
        flow: What the mappings write for those in *arriving*.
        arriving: Rows of the people who are in scope and looked at.
        changes: Target attribute → which of *arriving* have an account that would change.
        in_case: Target attribute → which of *arriving* have an account whose value differs in its case only, and stays.
    """

    part: Part
    people: pl.DataFrame
    population: Population
    scope: Scoping
    table: pl.DataFrame
    accounts: Rows
    flow: Flow
    arriving: pl.Series
    changes: Mapping[str, pl.Series] = field(default_factory=dict)
    in_case: Mapping[str, pl.Series] = field(default_factory=dict)


def decide(link: LinkState, parts: Parts, part: Part, context: Context) -> Decisions:
    """Decides for every person of a part of the source.

    Args:
        link: The link as the cycle finds it.
        parts: Both tenants.
        part: The part.
        context: Time and randomness of the evaluation.

    Raises:
        ConfigurationError: Something that the link reads was not read.
    """
    facts = parts.facts
    people = seen(link, facts, part.people)
    population = Population(part.members, people)
    scope = population.scoping(link)
    looked_at = scope.present & scope.read
    rows = looked_at.arg_true()
    everyone = rows.len() == people.height
    flows = flow_of(link, facts, people if everyone else people[rows], context)
    table = _accounts(parts, part, rows, flows)
    accounts = parts.accounts(part.number, table["row"])
    come = arriving(
        link,
        facts,
        flows,
        table if everyone else table[rows],
        people if everyone else people[rows],
        accounts if everyone else accounts.gather(rows),
    )
    gone = leaving(link, facts, people, scope, population.reasons(link, scope), table, accounts, context)
    table = (
        gone.with_columns(
            come.table[name].zip_with(looked_at, gone[name]) if everyone else gone[name].scatter(rows, come.table[name])
            for name in DECIDED
        )
        if rows.len()
        else gone
    )
    return Decisions(part, people, population, scope, table, accounts, flows, rows, come.changes, come.in_case)


def seen(link: LinkState, facts: Facts, people: pl.DataFrame) -> pl.DataFrame:
    """Users of the source as the service sees them."""
    found = as_the_service_sees(people, link.booleans, facts.sms)
    return found.with_columns((~pl.col("accountEnabled")).alias("IsSoftDeleted"))


def flow_of(link: LinkState, facts: Facts, people: pl.DataFrame, context: Context) -> Flow:
    """What the mappings of the link write for *people* (:func:`seen`)."""
    read = people.select("id", *sorted((link.source_attributes - {"id"}) & set(people.columns)))
    return flow(link, read, facts.domain, context)


def _accounts(parts: Parts, part: Part, arriving: pl.Series, flows: Flow) -> pl.DataFrame:
    """The accounts of all people; the mappings' principal names help to find those of users in scope."""
    height = part.people.height
    names = nulls(height)
    created = flows.created("userPrincipalName")
    if created is not None:
        names = created if arriving.len() == height else names.scatter(arriving, created)
    found = with_matches(part.linked, parts.free, part.people, names, parts.facts.domain)
    return pl.DataFrame({"person": part.ids}).hstack(found)

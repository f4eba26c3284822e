"""The plan of a link from a warm snapshot: seconds, memory and cost per person, from ten thousand people to a million.

    python benchmarks/impact.py [PEOPLE ...]

Each plan runs in a process of its own, which loads the kept snapshot, plans and makes the report. The change narrows
a filter of three clauses and edits one of six expressions beside the default mappings; the target holds accounts for
95 % of the people. Baseline: the same questions asked person by person with the scalar definitions (filter before and
after, the new mappings, each attribute compared with the account's), timed on a sample and scaled to all.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from entra_sync.expressions import (
    Context,
    Mappings,
    ScopingFilter,
    all_of,
    any_of,
    clause,
    evaluate,
    passes,
)
from entra_sync.impact.declared import saved
from entra_sync.impact.declared.read import Read, declared_state
from entra_sync.impact.facts.columns import UserColumns
from entra_sync.impact.facts.declaration import Declaration
from entra_sync.impact.facts.facts import CONNECTIONS, Facts
from entra_sync.impact.facts.link import LinkState
from entra_sync.impact.facts.snapshot import MEMBERS, Snapshot
from entra_sync.impact.facts.users import as_the_service_sees
from entra_sync.impact.planning.limits import Limits
from entra_sync.impact.planning.users.flow import flow
from entra_sync.impact.planning.users.scope import Population, memberships
from entra_sync.impact.reading.gather import Needs
from entra_sync.impact.report.data import report
from entra_sync.microsoft.tenant import Tenant

SIZES = (10_000, 100_000, 1_000_000)
SAMPLE = 5_000
CHUNK = 1 << 18
"""Users that are made up at a time."""
NOW = datetime(2026, 9, 1, tzinfo=UTC)
DOMAIN = "federal.onmicrosoft.us"
CONTOSO = Tenant("contoso", tenant_id="00000000-0000-4000-8000-00000000000a", cloud="global")
FEDERAL = Tenant("federal", tenant_id="00000000-0000-4000-8000-00000000000b", cloud="usgov")

SIX = {
    "displayName": 'Append([displayName], " (Contoso)")',
    "mailNickname": 'ToLower(NormalizeDiacritics(StripSpaces(Join(".", [givenName], [surname]))))',
    "telephoneNumber": 'Replace([telephoneNumber], , "[()\\\\s-]+", , "", , )',
    "country": 'Switch([country], "Other", "US", "United States", "DE", "Germany", "GB", "United Kingdom")',
    "department": 'IIF([department] = "Sales", Join(" - ", [department], [city]), [department])',
    "extensionAttribute1": 'Left([employeeId], "3")',
}
BEFORE = any_of(
    all_of(
        clause("country").matches("^(US|DE|GB)$"),
        clause("department").not_equals("Legal"),
        clause("employeeId").matches("^E[0-9]+$"),
    )
)
AFTER = any_of(
    all_of(
        clause("country").matches("^(US|DE)$"),
        clause("department").not_equals("Legal"),
        clause("employeeId").matches("^E[0-9]+$"),
    )
)


def declared(edited: bool) -> Declaration:
    """The program before the change, and after it."""
    rows = SIX | ({"displayName": 'Append([displayName], " (Contoso Ltd)")'} if edited else {})
    return Declaration(
        everyone=False,
        groups=frozenset(f"00000000-0000-4000-8000-0001{number:08x}" for number in range(20)),
        users=frozenset(),
        mappings=Mappings.model_validate([{"target": target, "source": text} for target, text in rows.items()]),
        filters=AFTER if edited else BEFORE,
    )


def links() -> tuple[LinkState, LinkState]:
    """The link as it stands, and as it is declared."""
    made = declared_state(declared(edited=False), None, CONTOSO, FEDERAL)
    now = replace(made, enabled=True, ran=True, service_principal_id="owner", job_id="job")
    return now, declared_state(declared(edited=True), now, CONTOSO, FEDERAL)


def made_up(places: pl.Series, count: int, record: UserColumns) -> pl.DataFrame:
    """People of the source at some *places* in the order of their ids: names beyond ASCII among them, every tenth
    without some attribute."""
    number = pl.col("place") * 999_983 % count

    def one_of(*values: str | None, step: int = 1) -> pl.Expr:
        """Value by value, in turns of *step* people."""
        place = (number // step) % len(values)
        return place.replace_strict(dict(enumerate(values)), return_dtype=pl.String)

    def numbered(text: str, modulo: int | None = None) -> pl.Expr:
        return pl.format(text, number % modulo if modulo else number)

    given = one_of("Ada", "Grace", "Alan", "Edsger", "Barbara", "José", "Zoë", "Łukasz", "Katherine", "Donald")
    family = pl.concat_str(
        one_of("Lovelace", "Hopper", "Turing", "García-López", "Van der Berg", "Knuth", step=7), number % 997
    )
    known = {
        "id": object_id(pl.col("place"), count, 1),
        "userPrincipalName": numbered("user{}@contoso.com"),
        "mail": numbered("user{}@contoso.com"),
        "displayName": pl.concat_str(given, family, separator=" "),
        "givenName": given,
        "surname": family,
        "proxyAddresses": pl.concat_list(numbered("SMTP:user{}@contoso.com")),
        "accountEnabled": number % 50 != 0,
        "userType": pl.lit("Member"),
        "streetAddress": numbered("{} High Street", 900),
        "city": one_of("Reading", "Redmond", "Munich", "Dublin", "Tampa", None, step=3),
        "state": one_of("WA", "TX", "BY", "FL", None, step=5),
        "postalCode": numbered("1{}", 89_999),
        "country": one_of(*["US", "DE", "US"] * 6, "GB", "GB", "IE", None, step=11),
        "companyName": pl.lit("Contoso"),
        "department": one_of(*["Sales", "Engineering", "Finance", "Support"] * 5, "Legal", None, step=13),
        "employeeId": numbered("E{}"),
        "jobTitle": one_of("Engineer", "Manager", "Analyst", step=2),
        "mailNickname": numbered("user{}"),
        "mobile": one_of("+1 (206) 555-0100", "+49 89 555-01", None, step=4),
        "physicalDeliveryOfficeName": one_of("1/100", "2/200", None, step=6),
        "preferredLanguage": one_of("en-US", "de-DE", step=9),
        "telephoneNumber": numbered("+1 (206) 555-{}", 10_000),
    }
    columns = [known.get(name, pl.lit(None)).cast(kind).alias(name) for name, kind in record.schema.items()]
    return pl.DataFrame({"place": places}).select(columns)


def object_id(place: pl.Expr, count: int, kind: int) -> pl.Expr:
    """Ids as random as real ones, in order of their places."""
    digits = [place.hash(kind + part).cast(pl.String).str.zfill(20) for part in (0, 10)]
    return pl.format(
        "{}-{}-4{}-8{}-{}",
        (place * 10**8 // count).cast(pl.String).str.zfill(8),
        digits[0].str.slice(8, 4),
        digits[0].str.slice(5, 3),
        digits[1].str.slice(2, 3),
        digits[1].str.slice(8),
    )


def membership(people: pl.DataFrame, places: pl.Series, now: LinkState) -> pl.DataFrame:
    """Each user is a member of one group."""
    groups = pl.Series(sorted(now.groups))
    return people.select(group=groups.gather(places % len(groups)), person="id").cast(MEMBERS)


def synchronized(now: LinkState, places: pl.Series, count: int, needs: Needs) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The accounts of the target at some *places* in the order of their ids, and who is linked to which: the link has
    made them of people in scope, for 95 of 100."""
    record = needs.target
    owners = places * 15_485_863 % count
    people = made_up(owners, count, needs.source)
    members = membership(people, owners, now)
    seen = as_the_service_sees(people, now.booleans).with_columns(pl.lit(False).alias("IsSoftDeleted"))
    written = flow(now, seen, DOMAIN, Context.fixed(NOW))
    values = {row.target: row.created for row in written.rows if row.target in record.schema}
    frame = pl.DataFrame(values).with_columns(
        person=people["id"],
        id=object_id(pl.lit(places), count, 2),
        creationType=pl.lit("Invitation"),
        userState=pl.lit("Accepted"),
        proxyAddresses=pl.concat_list(pl.format("SMTP:{}", pl.lit(people["mail"]))),
    )
    columns = [
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in record.schema.items()
    ]
    snapshot = Snapshot(CONTOSO.tenant_id, NOW, needs.source, people, members, groups=now.groups)
    present = Population(memberships(snapshot, seen["id"]), seen).scoping(now).present
    made = frame.filter(present & (owners % 20 != 7))
    return made.select(columns), made.select("person", account="id").cast(CONNECTIONS)


def prepare(count: int, directory: Path) -> None:
    """Keeps a snapshot of both tenants as ``entra-sync impact --save`` does."""
    now, then = links()
    needs = Needs.of(now, then)
    with tempfile.TemporaryDirectory(prefix="entra-sync-benchmark-", dir=directory.parent) as kept:
        pieces, linked = Path(kept), []
        for start in range(0, count, CHUNK):
            places = pl.int_range(start, min(start + CHUNK, count), eager=True)
            people = made_up(places, count, needs.source)
            accounts, connections = synchronized(now, places, count, needs)
            people.write_parquet(pieces / f"people-{start:010}.parquet")
            membership(people, places, now).write_parquet(pieces / f"members-{start:010}.parquet")
            accounts.write_parquet(pieces / f"accounts-{start:010}.parquet")
            linked.append(connections)
        people, members, accounts = (
            pl.scan_parquet(pieces / f"{name}-*.parquet") for name in ("people", "members", "accounts")
        )
        connections = pl.concat(linked).sort("person")
        facts = Facts(
            source=Snapshot(CONTOSO.tenant_id, NOW, needs.source, people, members, groups=now.groups),
            target=Snapshot(FEDERAL.tenant_id, NOW, needs.target, accounts, everyone=True),
            domain=DOMAIN,
            connections=connections,
            asked=connections["person"],
        )
        saved.save(Read(CONTOSO, FEDERAL, now, then, facts), directory)


def plan_once(directory: Path) -> dict[str, Any]:
    """Loads, plans and reports; seconds of each, and what the plan found."""
    start, processor = time.perf_counter(), time.process_time()
    read = saved.load(directory)
    loaded = time.perf_counter()
    plan = read.plan(Context.fixed(NOW))
    planned = time.perf_counter()
    found = report(plan, Limits())
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    times = {"load": loaded - start, "plan": planned - loaded, "report": done - planned, "all": done - start}
    times["cpu"] = time.process_time() - processor
    return {**times, "peak": peak, "counts": found["counts"]}


def person_by_person(directory: Path) -> float:
    """Seconds for each person of the same questions, asked with the scalar definitions."""
    read = saved.load(directory)
    now, then = read.now, read.then
    assert now is not None
    assert then is not None
    people = as_the_service_sees(read.facts.source.slice(0, SAMPLE), then.booleans)
    linked = read.facts.connections.join(people.select(person="id"), on="person")
    named = pl.col("id").is_in(linked["account"].implode())
    theirs = read.facts.target.select(where=named).join(linked, left_on="id", right_on="account")
    accounts = {row["person"]: row for row in theirs.iter_rows(named=True)}
    context = Context.fixed(NOW)
    start = time.perf_counter()
    for person in people.iter_rows(named=True):
        person["IsSoftDeleted"] = False
        account = accounts.get(person["id"])
        for link in (now, then):
            assert isinstance(link.filter, ScopingFilter)
            if not passes(link.filter, person) or link is now:
                continue
            for mapping in then.mappings:
                if mapping.expression is not None:
                    value = evaluate(mapping.expression, person, context)
                    _ = account is not None and account.get(mapping.target) == value
    return (time.perf_counter() - start) / people.height


def main() -> None:
    if sys.argv[1:2] == ["--plan"]:
        print(json.dumps(plan_once(Path(sys.argv[2]))))
        return
    sizes = [int(size.replace("_", "")) for size in sys.argv[1:]] or SIZES
    heads = " ".join(f"{head:>7}" for head in ("load", "plan", "report", "all", "cpu"))
    print(f"{'people':>10} {heads} {'peak':>9} {'a person':>10}   baseline")
    for count in sizes:
        with tempfile.TemporaryDirectory(prefix="entra-sync-benchmark-") as kept:
            directory = Path(kept) / "link"
            subprocess.run([sys.executable, "-c", _PREPARE, str(count), str(directory)], check=True)
            command = [sys.executable, __file__, "--plan", str(directory)]
            runs = [json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout) for _ in range(3)]
            baseline = person_by_person(directory) * count
        best = min(runs, key=lambda run: run["all"])
        shown = " ".join(f"{best[part]:6.2f}s" for part in ("load", "plan", "report", "all", "cpu"))
        print(
            f"{count:>10,} {shown} {max(run['peak'] for run in runs) / 2**20:5,.0f} MiB "
            f"{best['all'] / count * 1e6:7.2f} µs   {baseline:,.1f} s person by person, "
            f"{baseline / best['all']:,.0f} times as long (scaled from {SAMPLE:,})"
        )
        print(f"{'':>10} {', '.join(f'{people:,} {action}' for action, people in best['counts'].items())}")


_PREPARE = (
    f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); from pathlib import Path; import impact; "
    "impact.prepare(int(sys.argv[1]), Path(sys.argv[2]))"
)

if __name__ == "__main__":
    main()

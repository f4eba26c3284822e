"""A million people through the default mapping, six expressions and a filter of three clauses.

Prints the time of the column form against two baselines in the same run, and its memory against the input's:

    python benchmarks/expressions.py [PEOPLE]

(a) the scalar form person by person, timed on a sample and scaled to all; (b) the same columns as a user would write
them in Polars for this one mapping.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from entra_sync.expressions import Context, all_of, any_of, clause, defaults, evaluate, parse, passes
from entra_sync.expressions.columns.evaluation import evaluate_mappings
from entra_sync.expressions.columns.filters import FilterColumns

SAMPLE = 10_000

SIX = {
    "displayName": 'Append([displayName], " (Contoso)")',
    "mailNickname": 'ToLower(NormalizeDiacritics(StripSpaces(Join(".", [givenName], [surname]))))',
    "telephoneNumber": 'Replace([telephoneNumber], , "[()\\\\s-]+", , "", , )',
    "country": 'Switch([country], "Other", "US", "United States", "DE", "Germany", "GB", "United Kingdom")',
    "department": 'IIF([department] = "Sales", Join(" - ", [department], [city]), [department])',
    "extensionAttribute1": 'FormatDateTime([employeeHireDate], , "yyyy-MM-ddTHH:mm:ssZ", "dd.MM.yyyy")',
}

FILTER = any_of(
    all_of(
        clause("country").equals("US"),
        clause("department").not_equals("Legal"),
        clause("employeeId").matches("^E[0-9]+$"),
    )
)


def people(count: int) -> pl.DataFrame:
    """Made-up people; three in ten have letters beyond ASCII in the name, and one in ten lacks some attribute."""
    draw = random.Random(1)
    given = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Margaret", "José", "Zoë", "Łukasz", "Katherine", "Donald"]
    family = ["Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Hamilton", "García-López", "Van der Berg", "Knuth"]
    cities = ["Reading", "Redmond", "Munich", "Dublin", "Tampa", "San Antonio"]
    departments = ["Sales", "Engineering", "Legal", "Finance", "Support"]

    def some(values: list[str]) -> list[str | None]:
        return [None if draw.random() < 0.1 else draw.choice(values) for _ in range(count)]

    names = [draw.choice(given) for _ in range(count)]
    surnames = [f"{draw.choice(family)}{number % 997}" for number in range(count)]
    start = datetime(2005, 1, 1, tzinfo=UTC).timestamp()
    days = [
        datetime.fromtimestamp(start + 86400 * draw.randrange(7000), UTC).strftime("%Y-%m-%dT00:00:00Z")
        for _ in range(9999)
    ]
    columns = {
        "netId": [f"{number:016X}" for number in range(count)],
        "IsSoftDeleted": ["False"] * count,
        "accountEnabled": ["True"] * count,
        "streetAddress": [f"{number % 900} High Street" for number in range(count)],
        "city": some(cities),
        "state": some(["WA", "TX", "BY", "FL"]),
        "postalCode": [f"{10000 + number % 89999}" for number in range(count)],
        "country": some(["US", "DE", "GB", "IE"]),
        "companyName": ["Contoso"] * count,
        "department": some(departments),
        "employeeId": [f"E{number}" for number in range(count)],
        "displayName": [f"{name} {surname}" for name, surname in zip(names, surnames, strict=True)],
        "givenName": names,
        "jobTitle": some(["Engineer", "Manager", "Analyst"]),
        "mailNickname": [f"user{number}" for number in range(count)],
        "mobile": some(["+1 (206) 555-0100", "+49 89 555-01"]),
        "physicalDeliveryOfficeName": some(["1/100", "2/200"]),
        "preferredLanguage": some(["en-US", "de-DE"]),
        "surname": surnames,
        "telephoneNumber": [f"+1 (206) 555-{number % 10000:04}" for number in range(count)],
        "userPrincipalName": [f"user{number}@contoso.com" for number in range(count)],
        "mail": [f"user{number}@contoso.com" for number in range(count)],
        "employeeHireDate": some(days),
    }
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def by_columns(frame: pl.DataFrame, mapping: dict[str, str]) -> pl.DataFrame:
    """The mapping's columns and who is in scope, by the column form."""
    expressions = {target: parse(text) for target, text in mapping.items()}
    columns = evaluate_mappings(expressions, frame, Context.fixed())
    return pl.DataFrame({target: column.values for target, column in columns.items()}).with_columns(
        FilterColumns(frame).passing(FILTER).alias("in scope")
    )


def by_hand(frame: pl.DataFrame, mapping: dict[str, str]) -> pl.DataFrame:
    """The same, as a user who knows Polars would write it for this one mapping."""
    column = pl.col
    written = {
        "alternativeSecurityIds": "5::" + column("netId"),
        "showInAddressList": pl.lit("true"),
        "userType": pl.lit("Member"),
        "displayName": column("displayName") + " (Contoso)",
        "mailNickname": pl.concat_str(
            column("givenName").replace("", None), column("surname").replace("", None), separator=".", ignore_nulls=True
        )
        .str.replace_all(" ", "", literal=True)
        .str.normalize("NFD")
        .str.replace_all(r"\p{M}", "")
        .str.replace_many({"ß": "ss", "ł": "l", "Ł": "L", "æ": "ae", "ø": "oe", "Æ": "AE", "Ø": "OE"})
        .str.to_lowercase(),
        "telephoneNumber": column("telephoneNumber").str.replace_all(r"[()\s-]+", ""),
        "country": column("country").replace_strict(
            {"US": "United States", "DE": "Germany", "GB": "United Kingdom"}, default="Other"
        ),
        "department": pl.when(column("department") == "Sales")
        .then(pl.concat_str(column("department"), column("city"), separator=" - ", ignore_nulls=True))
        .otherwise(column("department")),
        "extensionAttribute1": column("employeeHireDate")
        .str.to_datetime("%Y-%m-%dT%H:%M:%SZ", strict=False)
        .dt.strftime("%d.%m.%Y"),
    }
    in_scope = (
        (column("country") == "US")
        & (column("department") != "Legal")
        & (column("department") != "")
        & column("employeeId").str.contains("^E[0-9]+$")
    )
    targets = [written.get(target, column(text.strip("[]"))).alias(target) for target, text in mapping.items()]
    return frame.lazy().select(*targets, in_scope.fill_null(False).alias("in scope")).collect()


def by_rows(frame: pl.DataFrame, mapping: dict[str, str]) -> None:
    """The same person by person, by the scalar form."""
    expressions = {target: parse(text) for target, text in mapping.items()}
    context = Context.fixed()
    for row in frame.iter_rows(named=True):
        passes(FILTER, row)
        for target, expression in expressions.items():
            if target != "extensionAttribute1" or row["employeeHireDate"]:  # without a date it is an error
                evaluate(expression, row, context)


def held(frame: pl.DataFrame) -> int:
    """Bytes of a frame of texts as Polars holds it: 16 for each value, and the text too when it is longer than 12."""
    long = sum(int(column.str.len_bytes().filter(column.str.len_bytes() > 12).sum()) for column in frame)
    return 16 * frame.height * frame.width + long


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """The best of several times."""
    measured = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        measured.append(time.perf_counter() - start)
    return min(measured)


def peak_growth(work: Callable[[], object]) -> int:
    """Bytes by which the process grew at most while it worked (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")

    def status(name: str) -> int:
        line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
        return int(line.split()[1]) * 1024

    before = status("VmRSS")
    work()
    return status("VmHWM") - before


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    mapping = {row.target: str(row.source) for row in defaults("global", "usgov") if row.source} | SIX
    frame = people(count)
    size = held(frame)
    grown = peak_growth(lambda: by_columns(frame, mapping))
    columns = seconds(lambda: by_columns(frame, mapping))
    hand = seconds(lambda: by_hand(frame, mapping))
    sample = frame.head(SAMPLE)
    rows = seconds(lambda: by_rows(sample, mapping), 1) * count / sample.height
    mine, theirs = by_columns(frame, mapping), by_hand(frame, mapping)
    differing = [name for name in mine.columns if not mine[name].equals(theirs[name])]
    print(f"{count:,} people, {len(mapping)} mappings, {frame.width} attributes of {size / 1e6:,.0f} MB")
    print(f"columns            {columns:8.2f} s")
    print(f"(a) row by row     {rows:8.2f} s   {rows / columns:6.1f} times the columns (scaled from {SAMPLE:,} people)")
    print(f"(b) hand-written   {hand:8.2f} s   columns take {columns / hand:.2f} times as long")
    print(f"memory             {grown / 1e6:8.0f} MB more at the peak, {1 + grown / size:.2f} times the input in all")
    print(f"columns that differ from the hand-written ones: {', '.join(differing) or 'none'}")


if __name__ == "__main__":
    main()

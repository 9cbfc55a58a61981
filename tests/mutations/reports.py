"""Clean reports for the mutation bench: two consecutive years of many bodies, with all balances and the text right.

Sizes run from bodies without any request over those with a handful to large cities. A quarter of the bodies is tiny,
so that rules that go by proportions meet small numbers too.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import math
import random
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

from flows.formats import Division, FormatCell, balance_rules, divisions, format_cells, rule_terms
from tests.prose.likeness import made_up

Key = tuple[str, str, str]
Figures = dict[Key, Decimal | None]
"""Value of each cell; None where it is printed blank."""

GENERATION, YEAR = "2021", 2024
APPLICANTS = (
    "natural_person",
    "business",
    "research_institution",
    "public_interest_organization",
    "legal_service",
    "other_organization",
)
SIZES = {"none": (0, 0), "tiny": (1, 5), "middle": (10, 200), "large": (300, 5000)}
"""Requests a year."""
SIZE_SHARES = (15, 25, 45, 15)
AGGREGATES_EVERY = 25
"""Of so many counties one publishes a report on all its bodies."""
APPLICANT_SHARES = (78, 14, 1, 1, 2, 4)
OUTCOME_SHARES = {
    "granted": 42,
    "partially_granted": 8,
    "denied_internal_affairs": 3,
    "denied_deliberative_process": 3,
    "denied_enforcement_file": 3,
    "denied_administrative_query": 4,
    "denied_third_party_rights": 1,
    "denied_prohibited_by_law": 1,
    "unavailable_not_held": 20,
    "unavailable_requires_creation": 2,
    "unavailable_still_unclear": 1,
    "not_processed_petition": 3,
    "not_processed_duplicate": 2,
    "other_correction_overdue": 3,
    "other_reason": 4,
}
SAMPLE_FIGURES = Path(__file__).parents[2] / "flows" / "sample" / "figures"
REAL = (
    ("suqian-2024", "suqian-2023", "city", "government"),
    ("huaian-2024", None, "city", "government"),
    ("shuyang-2025", None, "county", "government"),
    ("yimei-2022", None, "county", "government"),
    ("shuyang-fagaiju-2023", None, "county", "department"),
)
"""Figures that bodies published, those of the year before where they are at hand, level and kind of the body."""


@dataclasses.dataclass
class Claim:
    """A number of the text, with the cell that counts the same."""

    verb: str
    object_key: str
    key: Key
    value: Decimal
    unit: str = "件"
    sentence: int | None = None
    """Claims with the same number stand in one sentence; without one in a sentence of their own."""
    is_of_year_before: bool = False


@dataclasses.dataclass
class MadeReport:
    """One report as it is published; a mutation changes a copy of it."""

    body_id: str
    body_name: str
    division_code: str
    level: str
    body_kind: str
    year: int
    figures: Figures
    claims: list[Claim]
    sections: dict[str, str]
    period_year: int
    notice: str = "国办公开办函〔2021〕30号"
    generation: str = GENERATION
    document_format: str = "html"
    published_on: dt.date = dt.date(2025, 1, 20)
    cells_located: int = 0
    leftover_count: int = 0
    scope: str = "own_body"
    is_vanished: bool = False
    shown_before: Figures | None = None
    """Figures that stood at its address before."""
    shown_elsewhere: Figures | None = None
    """Figures that another address shows at the same time."""


@dataclasses.dataclass
class Pair:
    """A report and the body's one of the year before, if it has one."""

    size: str
    own: MadeReport
    before: MadeReport | None
    below: MadeReport | None = None
    """Of an aggregate report, one that it comprises."""


def clean_pairs(rng: random.Random, count: int) -> Iterator[Pair]:
    """So many made-up bodies, then the real figures."""
    places = [place for place in divisions() if place.is_current and place.level in {"city", "county"}]
    for number in range(count):
        place = places[number % len(places)]
        (size,) = rng.choices(list(SIZES), SIZE_SHARES)
        name = f"{place.division_name}第{number // len(places) + 1}局"
        level = "township" if place.level == "county" and rng.random() < 0.1 else place.level
        mean = rng.uniform(*SIZES[size])
        before = _drawn(rng, mean, None)
        own = _drawn(rng, mean * math.exp(rng.gauss(0, 0.3)), before)
        reports = [
            _report(name, place.division_code, level, "department", year, figures, "".join(made_up(rng)))
            for year, figures in ((YEAR - 1, before), (YEAR, own))
        ]
        reports[1].claims += of_year_before(before)
        yield Pair(size, reports[1], reports[0])
        if place.level == "county" and number % AGGREGATES_EVERY == 0 and number < len(places):
            yield _aggregate(place, reports[1])
    for number, (key, key_before, level, body_kind) in enumerate(REAL):
        place, year = places[number], int(key[-4:])
        whose = (f"实数机关{number}", place.division_code, level, body_kind)
        earlier = _report(*whose, year - 1, _real(key_before)) if key_before else None
        yield Pair("real", _report(*whose, year, _real(key)), earlier)


def _aggregate(place: Division, below: MadeReport) -> Pair:
    """The report of a county on all its bodies, of which one is found: twice what that one has."""
    figures = {key: value and value * 2 for key, value in below.figures.items()}
    whose = (f"{place.division_name}人民政府", place.division_code, "county", "government")
    report = _report(*whose, below.year, figures)
    report.scope = "aggregate"
    return Pair("aggregate", report, None, below)


def net_changes(clean: Figures, spoilt: Figures) -> dict[str, set[str]]:
    """The balances of one report whose sum a mutation changes, by rule; a blank leaves a sum open."""
    changed: dict[str, set[str]] = {}
    for rule_id, instance, terms in _balances():
        if any(spoilt[key] is None for key, _ in terms):
            continue
        moved = sum(((spoilt[key] or 0) - (clean[key] or 0)) * coefficient for key, coefficient in terms)
        if moved:
            changed.setdefault(rule_id, set()).add(instance)
    return changed


@cache
def _balances() -> tuple[tuple[str, str, tuple[tuple[Key, int], ...]], ...]:
    """Rule, instance and terms of the balances that are equations within a report, worked out anew from the seeds."""
    table = {(cell.table_key, cell.row_key, cell.column_key) for cell in format_cells(GENERATION)}
    found = []
    for rule in balance_rules():
        if rule.rule_kind != "in_report" or rule.comparison != "equal":
            continue
        axis = 1 if rule.instance_axis == "row" else 2
        for instance in dict.fromkeys(key[axis] for key in table if key[0] == rule.table_key):
            terms = tuple(
                (key, term.coefficient)
                for term in rule_terms()
                if term.rule_id == rule.rule_id
                for key in [
                    (rule.table_key, term.row_key.replace("*", instance), term.column_key.replace("*", instance))
                ]
                if key in table
            )
            if len(terms) > 1:
                found.append((rule.rule_id, instance, terms))
    return tuple(found)


def _real(key: str) -> Figures:
    with (SAMPLE_FIGURES / f"{key}.csv").open(encoding="utf-8", newline="") as lines:
        return {
            (row["table"], row["row"], row["column"]): Decimal(row["value"]) if row["value"] else None
            for row in csv.DictReader(lines)
        }


def _drawn(rng: random.Random, mean: float, before: Figures | None) -> Figures:
    """Figures of a year around `mean` requests, continuing those of the year before."""
    figures: Figures = {_key(cell): Decimal(0) for cell in format_cells(GENERATION)}
    received = Counter(rng.choices(APPLICANTS, APPLICANT_SHARES, k=round(mean * math.exp(rng.gauss(0, 0.1)))))
    for applicant in APPLICANTS:
        carried_in = int(before["requests", "carried_out", applicant] or 0) if before else 0
        open_requests = received[applicant] + carried_in
        carried_out = sum(rng.random() < 0.06 for _ in range(open_requests))
        outcomes = Counter(
            rng.choices(list(OUTCOME_SHARES), list(OUTCOME_SHARES.values()), k=open_requests - carried_out)
        )
        rows = {"new_received": received[applicant], "carried_in": carried_in, "carried_out": carried_out}
        rows |= {"outcome_total": open_requests - carried_out, **outcomes}
        for row, number in rows.items():
            figures["requests", row, applicant] = Decimal(number)
            figures["requests", row, "total"] = (figures["requests", row, "total"] or Decimal(0)) + number
    _disclose(rng, figures, before)
    decided = int(figures["requests", "outcome_total", "total"] or 0)
    for row in ("reconsideration", "litigation_direct", "litigation_after_reconsideration"):
        cases = Counter(
            rng.choices(
                ("upheld", "corrected", "other", "pending"),
                (60, 10, 15, 15),
                k=sum(rng.random() < 0.03 for _ in range(decided)),
            )
        )
        for column, number in cases.items():
            figures["disputes", row, column] = Decimal(number)
        figures["disputes", row, "total"] = Decimal(cases.total())
    return figures


def _disclose(rng: random.Random, figures: Figures, before: Figures | None) -> None:
    issued, repealed = rng.randrange(0, 12), rng.randrange(0, 6)
    documents = ("proactive_disclosure", "normative_documents")
    in_force = int(before[*documents, "in_force"] or 0) + issued - repealed if before else rng.randrange(20, 120)
    for column, number in (("issued", issued), ("repealed", repealed), ("in_force", max(in_force, issued))):
        figures[*documents, column] = Decimal(number)
    if before and in_force < issued:
        figures[*documents, "repealed"] = Decimal(repealed - (issued - in_force))
    for row in ("licensing", "penalties", "coercion"):
        key = ("proactive_disclosure", row, "decisions")
        number = float(before[key] or 0) * math.exp(rng.gauss(0, 0.3)) if before else 10 ** rng.uniform(0, 4.5)
        figures[key] = Decimal(round(number))
    fees = ("proactive_disclosure", "fees", "amount_10k_cny")
    amount = float(before[fees] or 0) * math.exp(rng.gauss(0, 0.4)) if before else 10 ** rng.uniform(0, 4)
    figures[fees] = Decimal(f"{amount:.4f}")


def _report(
    name: str, division_code: str, level: str, body_kind: str, year: int, figures: Figures, text: str = ""
) -> MadeReport:
    return MadeReport(
        body_id=f"{division_code}:{name}",
        body_name=name,
        division_code=division_code,
        level=level,
        body_kind=body_kind,
        year=year,
        figures=figures,
        claims=stated(figures),
        sections={
            "overview": f"{year}年，{name}依法办理政府信息公开申请。",
            "proactive_disclosure": text.format(body=name, kind=name[-1], figure=year),
            "requests": "",
            "disputes": "",
            "problems": f"{year}年的主要问题是个别栏目更新不及时，今后按月检查各栏目的更新。",
            "other_matters": "本年度没有收取信息处理费。",
        },
        period_year=year,
        published_on=dt.date(year + 1, 1, 20),
        cells_located=len(figures),
    )


def stated(figures: Figures) -> list[Claim]:
    """What the text says of these figures; of no request that none was received."""
    claims = []
    for verb, object_key, key in (
        ("new_received", "request", ("requests", "new_received", "total")),
        ("answered", "request", ("requests", "outcome_total", "total")),
        ("granted", "request", ("requests", "granted", "total")),
        ("carried_out", "request", ("requests", "carried_out", "total")),
    ):
        value = figures[key]
        if value is not None:
            is_denial = verb == "new_received" and value == 0
            claims.append(Claim("received" if is_denial else verb, object_key, key, value, "" if is_denial else "件"))
    for verb, column in (
        ("filed", "total"),
        ("upheld", "upheld"),
        ("corrected", "corrected"),
        ("other_result", "other"),
        ("pending", "pending"),
    ):
        value = figures["disputes", "reconsideration", column]
        if value is not None:
            claims.append(Claim(verb, "reconsideration", ("disputes", "reconsideration", column), value, sentence=99))
    return claims


def of_year_before(figures: Figures) -> list[Claim]:
    """What the text quotes of the figures of the year before."""
    key = ("requests", "outcome_total", "total")
    return [Claim("answered", "request", key, figures[key] or Decimal(0), is_of_year_before=True)]


def _key(cell: FormatCell) -> Key:
    return (cell.table_key, cell.row_key, cell.column_key)

"""One metric of several bodies and years side by side, with what keeps the values from being compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flows.errors import InputError
from flows.outlet.bodies import Body, find_body
from flows.outlet.copy import rows
from flows.outlet.metrics import YEAR_BEFORE, Metric, find_metric, metric_values, written
from flows.outlet.page import interval
from flows.terminal import harmless, table

if TYPE_CHECKING:
    import duckdb

MARKS = "abcdefghijklmnopqrstuvwxyz"
KNOWN_GENERATIONS = ("2019", "2021")
"""Formats whose tables the concordance tells apart."""


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """The values of one metric, and why some of them may not be held against others."""

    metric: Metric
    bodies: list[Body]
    values: list[dict[str, Any]]
    """One row a body and year: metric_value, denominator, interval, rank, scope, generation, and its `caveats`."""
    caveats: list[str]
    """One sentence each; a value names those that concern it by their place here, from 0."""


def compare(
    connection: duckdb.DuckDBPyConnection,
    body_texts: Sequence[str],
    metric_text: str,
    report_years: Sequence[int] | None = None,
) -> Comparison:
    """The metric of the bodies in the years, or in all years that any of them has a report for.

    Raises InputError when a body or the metric is not one, or there is no value to show.
    """
    metric = find_metric(connection, metric_text)
    bodies = list(dict.fromkeys(find_body(connection, text) for text in body_texts))
    body_ids = [body.body_id for body in bodies]
    found = {
        (row["body_id"], row["report_year"]): row
        for row in metric_values(connection, body_ids, report_years, metric.metric_key)
    }
    if not found:
        of_years = f" for {', '.join(map(str, report_years))}" if report_years else ""
        named = ", ".join(body.body_id for body in bodies)
        raise InputError(f"There is no report of {named}{of_years}; `gongkai show BODY` says which years there are.")
    reports = {
        (row["body_id"], row["report_year"]): row
        for row in rows(connection, "select * from marts.mart_body_year where list_contains(?, body_id)", [body_ids])
    }
    tables = _tables(connection, metric)
    years = sorted(set(report_years or []) | {year for _, year in found})
    values = [
        {
            "body_id": body.body_id,
            "body_name": body.body_name,
            "report_year": year,
            **{name: found.get((body.body_id, year), {}).get(name) for name in _VALUES},
            **{name: reports.get((body.body_id, year), {}).get(name) for name in _REPORT},
            "generation": _generation(reports.get((body.body_id, year), {}), tables),
        }
        for body in bodies
        for year in years
    ]
    breaks = _breaks(connection, metric, sorted({str(row["generation"]) for row in values if row["generation"]}))
    caveats, concerned = _caveats(values, bodies, breaks)
    return Comparison(
        metric, bodies, [{**row, "caveats": marks} for row, marks in zip(values, concerned, strict=True)], caveats
    )


_VALUES = (
    *("metric_value", "numerator", "denominator", "wilson_low", "wilson_high", "missing_reason"),
    *("peer_count", "competition_rank", "refusal_reason"),
)
_REPORT = ("scope", "failed_check_count")


def _tables(connection: duckdb.DuckDBPyConnection, metric: Metric) -> list[str]:
    """The tables that the figures of a metric stand in."""
    found = rows(
        connection,
        "select distinct table_key from seeds.figures where list_contains(?, figure_key) order by 1",
        [[name.removesuffix(YEAR_BEFORE) for name in metric.figure_keys]],
    )
    return [row["table_key"] for row in found]


def _generation(report: dict[str, Any], tables: Sequence[str]) -> str | None:
    """Format generation of the tables that a value stands on; several are parted by `/`."""
    found = {report.get(f"{table_key}_generation") for table_key in tables}
    return "/".join(sorted(generation for generation in found if generation)) or None


def _breaks(connection: duckdb.DuckDBPyConnection, metric: Metric, generations: Sequence[str]) -> list[str]:
    """Why values of different formats are no series, as the concordance says; empty where they are one."""
    if len(generations) < 2:
        return []
    figure_keys = [name.removesuffix(YEAR_BEFORE) for name in metric.figure_keys]
    found = rows(
        connection,
        """
        select distinct comparability, reason
        from seeds.concordance
        where
            list_contains($1, figure_key)
            and list_contains($2, cast(generation as varchar))
            and list_contains($2, cast(other_generation as varchar))
            and comparability != 'comparable'
        order by all
        """,
        [figure_keys, list(generations)],
    )
    said = {"break": "another concept", "comparable_as_sum": "compares as a sum only"}
    reasons = [f"{said.get(row['comparability'], row['comparability'])}: {row['reason']}" for row in found]
    unknown = [one for one in generations if one not in KNOWN_GENERATIONS]
    return reasons + [f"tables of more than one format ({one})" for one in unknown]


def _caveats(
    values: Sequence[dict[str, Any]], bodies: Sequence[Body], breaks: Sequence[str]
) -> tuple[list[str], list[list[int]]]:
    """Sentences, and for each value the places of those that concern it."""
    by_body = {body.body_id: body for body in bodies}
    caveats: dict[str, int] = {}
    concerned: list[list[int]] = []
    scopes = {row["scope"] for row in values if row["scope"] is not None}
    groups = {_group(body) for body in bodies}
    for row in values:
        told = []
        if row["scope"] is None:
            told.append("no report of this year")
        else:
            if len(scopes) > 1:
                told.append(f"scope {row['scope']}: not to be held against a report of another scope")
            if row["scope"] == "unknown":
                told.append("scope unknown: what the report covers is not said in it")
            told += [f"on the tables of {row['generation']}, a break in the series: {reason}" for reason in breaks]
            if row["failed_check_count"]:
                told.append("the figures of the report contradict each other or those of the year before")
            if row["metric_value"] is None:
                told.append(f"no value: {row['missing_reason'] or 'not known why'}")
            elif str(row["refusal_reason"] or "").endswith("cases"):
                told.append(f"rests on {row['refusal_reason']}: not ranked")
        if len(groups) > 1:
            told.append(f"{_group(by_body[row['body_id']])}: not a peer of the others")
        concerned.append([caveats.setdefault(sentence, len(caveats)) for sentence in told])
    return list(caveats), concerned


def _group(body: Body) -> str:
    return f"{body.level or 'level unknown'}, {body.body_kind or 'kind unknown'}"


def as_text(comparison: Comparison) -> str:
    """The comparison as a table for a terminal, with its caveats below."""
    metric = comparison.metric
    direction = {"higher": "higher is better", "lower": "lower is better"}.get(metric.direction, "no better or worse")
    lines = [
        f"{metric.metric_key}  {metric.name_zh}  {metric.name_en}",
        f"  {metric.formula}; {direction}" + (f". {metric.caveats}" if metric.caveats else ""),
        "",
    ]
    heads = ["body", "year", "value", "n", "95 % interval", "rank among peers", "scope", "tables", "note"]
    body = [
        [
            row["body_name"],
            str(row["report_year"]),
            written(row["metric_value"], metric.kind),
            written(row["denominator"], "count"),
            interval(row),
            f"{row['competition_rank']} of {row['peer_count']}" if row["competition_rank"] else "-",
            row["scope"] or "-",
            row["generation"] or "-",
            " ".join(_mark(place) for place in row["caveats"]),
        ]
        for row in comparison.values
    ]
    lines += table([heads, *body], right=frozenset({2, 3, 4}))
    if comparison.caveats:
        lines += ["", *(f"  {_mark(place)} {sentence}" for place, sentence in enumerate(comparison.caveats))]
    return harmless("\n".join(lines) + "\n")


def _mark(place: int) -> str:
    return f"{MARKS[place % len(MARKS)]})"

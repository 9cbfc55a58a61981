"""One metric of several bodies and years side by side, with what keeps the values from being compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flows.errors import InputError
from flows.outlet.bodies import Body, find_body
from flows.outlet.copy import rows
from flows.outlet.metrics import Metric, find_metric, metric_values, written
from flows.outlet.page import interval
from flows.terminal import harmless, table

if TYPE_CHECKING:
    import duckdb

MARKS = "abcdefghijklmnopqrstuvwxyz"


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
        for row in rows(
            connection,
            "select body_id, report_year, scope, generation, failed_check_count from marts.mart_body_year"
            " where list_contains(?, body_id)",
            [body_ids],
        )
    }
    years = sorted(set(report_years or []) | {year for _, year in found})
    values = [
        {
            "body_id": body.body_id,
            "body_name": body.body_name,
            "report_year": year,
            **{name: found.get((body.body_id, year), {}).get(name) for name in _VALUES},
            **{name: reports.get((body.body_id, year), {}).get(name) for name in _REPORT},
        }
        for body in bodies
        for year in years
    ]
    caveats, concerned = _caveats(values, metric, bodies)
    return Comparison(
        metric, bodies, [{**row, "caveats": marks} for row, marks in zip(values, concerned, strict=True)], caveats
    )


_VALUES = (
    "metric_value",
    "denominator",
    "wilson_low",
    "wilson_high",
    "competition_rank",
    "peer_count",
    "refusal_reason",
)
_REPORT = ("scope", "generation", "failed_check_count")


def _caveats(
    values: Sequence[dict[str, Any]], metric: Metric, bodies: Sequence[Body]
) -> tuple[list[str], list[list[int]]]:
    """Sentences, and for each value the places of those that concern it."""
    there = [row for row in values if row["scope"] is not None]
    by_body = {body.body_id: body for body in bodies}
    caveats: dict[str, int] = {}
    concerned: list[list[int]] = []
    scopes = sorted({row["scope"] for row in there})
    generations = sorted({row["generation"] for row in there})
    groups = sorted({f"{body.level or 'unknown'}/{body.body_kind or 'unknown'}" for body in bodies})
    for row in values:
        told = []
        if row["scope"] is None:
            told.append("no report of this year")
        else:
            if len(scopes) > 1:
                told.append(f"scope {row['scope']}: not to be held against a report of another scope")
            if row["scope"] == "unknown":
                told.append("scope unknown: what the report covers is not said in it")
            if len(generations) > 1:
                told.append(f"on the tables of {row['generation']}: another format than other values here")
            if row["failed_check_count"]:
                told.append("the figures of the report contradict each other or those of the year before")
            if row["metric_value"] is None:
                told.append("no value: a figure of it is missing, or its denominator is 0")
            elif str(row["refusal_reason"] or "").endswith("cases"):
                told.append(f"rests on {row['refusal_reason']}: not ranked")
        if len(groups) > 1:
            body = by_body[row["body_id"]]
            told.append(
                f"{body.level or 'level unknown'}, {body.body_kind or 'kind unknown'}: not a peer of the others"
            )
        concerned.append([caveats.setdefault(sentence, len(caveats)) for sentence in told])
    return list(caveats), concerned


def as_text(comparison: Comparison) -> str:
    """The comparison as a table for a terminal, with its caveats below."""
    metric = comparison.metric
    direction = {"higher": "higher is better", "lower": "lower is better"}.get(metric.direction, "no better or worse")
    lines = [
        f"{metric.metric_key}  {metric.name_zh}  {metric.name_en}",
        f"  {metric.formula}; {direction}" + (f". {metric.remark}" if metric.remark else ""),
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

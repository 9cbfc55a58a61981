"""A published copy without dbt: every mart as its contract says, with the rows that a test gives."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from flows.formats import format_cells
from flows.outlet.catalog import Mart, marts
from flows.settings import SEEDS
from flows.warehouse.connection import writing
from tests.warehouse_records import balanced

TABLES = ("proactive_disclosure", "requests", "disputes")
SEEN = dt.datetime(2026, 5, 1, 8, 30, tzinfo=dt.UTC)
METRICS = (
    ("workload", 21.0, None, None, None),
    ("disclosure_rate_strict", 0.8, 20, 0.584, 0.919),
    ("litigation_loss_rate", None, 0, None, None),
    ("repeal_rate", 0.5, 4, 0.15, 0.85),
)
"""Key, value, n and interval of every report's metrics."""
JIA = "990121:甲县人民政府"
YI = "990122:乙县人民政府"
OFFICE = "990121:甲县教育局"


def make_copy(path: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None) -> Path:
    """Make the file; columns that a row does not name are NULL."""
    given = rows if rows is not None else two_counties()
    with writing(path) as connection:
        connection.execute("begin")
        for schema in ("seeds", "marts"):
            connection.execute(f"create schema {schema}")
        for seed in sorted(SEEDS.glob("*.csv")):
            connection.execute(
                f"create table seeds.{seed.stem} as from read_csv('{seed}', all_varchar = true, header = true)"
            )
        for mart in marts():
            connection.execute(definition(mart))
            for row in given.get(mart.name, ()):
                names, marks = ", ".join(row), ", ".join("?" * len(row))
                connection.execute(f"insert into marts.{mart.name} ({names}) values ({marks})", list(row.values()))
        connection.execute("commit")
    return path


def definition(mart: Mart) -> str:
    """The statement that makes an empty mart."""
    columns = ", ".join(f'"{column.name}" {column.data_type}' for column in mart.columns)
    return f"create table marts.{mart.name} ({columns})"


def report(body_id: str, year: int, **others: Any) -> dict[str, Any]:
    """A current report of a body."""
    division_code, _, body_name = body_id.partition(":")
    is_office = body_name.endswith("局")
    return {
        "report_id": f"{body_id} {year} {others.get('version_number', 1)}",
        "reader_version": "1",
        "body_id": body_id,
        "body_name": body_name,
        "division_code": division_code,
        "level": "county",
        "body_kind": "department" if is_office else "government",
        "scope": "own_body" if is_office else "aggregate",
        "report_year": year,
        "version_number": 1,
        "is_current": True,
        "title": f"{body_name}{year}年政府信息公开工作年度报告",
        "generation": "2021",
        "published_on": dt.date(year + 1, 1, 20),
        "deadline_on": dt.date(year + 1, 3, 31),
        "days_late": 0,
        "entry_url": f"http://127.0.0.1/{division_code}-{year}.html",
        "document_id": f"document {body_id} {year}",
        "document_url": f"http://127.0.0.1/{division_code}-{year}.html",
        "document_format": "html",
        "payload_sha256": "0" * 64,
        "warc_file": "gongkai-1.warc.gz",
        "warc_offset": 0,
        "first_fetched_at": SEEN,
        "cells_expected": 200,
        "cells_located": 200,
        "leftover_count": 0,
        **others,
    }


def cells(of: Mapping[str, Any], scale: int, other: Mapping[tuple[str, str, str], Mapping[str, Any]]) -> list[Any]:
    """Every cell of a report, balanced; `other` says what some of them hold instead."""
    found = []
    for prescribed in format_cells(of["generation"]):
        key = (prescribed.table_key, prescribed.row_key, prescribed.column_key)
        count = balanced(prescribed, of["report_year"], scale)
        found.append(
            {
                "report_id": of["report_id"],
                "body_id": of["body_id"],
                "report_year": of["report_year"],
                "is_current": of["is_current"],
                **dict(zip(("table_key", "row_key", "column_key"), key, strict=True)),
                "generation": of["generation"],
                "measure_kind": prescribed.measure_kind,
                "unit": prescribed.unit,
                "cell_kind": "number" if count else "zero",
                "value": Decimal(count),
                "printed": str(count),
                "raw_text": str(count),
                "place": "table 1, row 1, cell 1",
                "confidence": 1.0,
                "agreement": "agreed",
                **other.get(key, {}),
            }
        )
    return found


def two_counties() -> dict[str, list[dict[str, Any]]]:
    """Two counties and an office of the one: a blank, a doubtful and a hostile cell, two versions, a failed check."""
    first = report(JIA, 2024, is_current=False)
    second = report(JIA, 2024, version_number=2, first_fetched_at=SEEN + dt.timedelta(days=3))
    before = report(JIA, 2023)
    other = report(YI, 2024, scope="own_body")
    office = report(OFFICE, 2024)
    odd = {
        ("requests", "granted", "business"): {"cell_kind": "blank", "value": None, "printed": "", "raw_text": ""},
        ("requests", "granted", "natural_person"): {"doubt": "the second reading takes 7", "second_value": "7"},
        ("requests", "carried_in", "total"): {"cell_kind": "text", "value": None, "printed": "", "raw_text": "=1+1"},
    }
    reports = [first, second, before, other, office]
    current = [one for one in reports if one["is_current"]]
    failed_cells = [
        {"table_key": "requests", "row_key": "granted", "column_key": column, "report_year": 2024}
        | {"coefficient": sign, "cell_kind": "number", "printed": printed, "value": Decimal(printed)}
        | {"second_value": printed, "agreement": "agreed"}
        for column, sign, printed in (("natural_person", 1, "10"), ("total", -1, "13"))
    ]
    return {
        "dim_division": [
            {"division_code": code, "division_name": name, "level": level, "parent_division_code": above}
            for code, name, level, above in (
                ("990100", "示例市", "city", None),
                ("990121", "甲县", "county", "990100"),
                ("990122", "乙县", "county", "990100"),
            )
        ],
        "dim_body": [
            {
                "body_id": one["body_id"],
                "body_name": one["body_name"],
                "division_code": one["division_code"],
                "division_name": {"990121": "甲县", "990122": "乙县"}[one["division_code"]],
                "level": one["level"],
                "body_kind": one["body_kind"],
            }
            for one in (second, other, office)
        ],
        "fct_report": reports,
        "fct_cell": [cell for one in reports for cell in cells(one, 10, odd if one is second else {})],
        "fct_check_result": [
            {
                "check_result_id": f"check {one['report_id']} {outcome}",
                "report_id": one["report_id"],
                "body_id": one["body_id"],
                "body_name": one["body_name"],
                "division_code": one["division_code"],
                "report_year": one["report_year"],
                "rule_id": "B01",
                "instance_key": "granted" if outcome == "failed" else "denied",
                "severity": "error",
                "outcome": outcome,
                "difference": Decimal(-3) if outcome == "failed" else Decimal(0),
                "verdict": "publisher" if outcome == "failed" else None,
                "cells": failed_cells,
            }
            for one in current
            for outcome in (("passed", "failed") if one is second else ("passed",))
        ],
        "mart_body_year": [
            {
                **{name: one[name] for name in ("body_id", "report_id", "report_year", "body_name", "division_code")},
                **{name: one[name] for name in ("level", "body_kind", "scope", "generation")},
                **{f"{table}_generation": one["generation"] for table in TABLES},
                "failed_check_count": int(one is second),
                "granted_or_partially": 16,
                "outcome_total": 20,
                "disclosure_rate_strict": 0.8,
            }
            for one in current
        ],
        "mart_metric": [
            {
                "body_id": one["body_id"],
                "report_year": one["report_year"],
                "metric_key": metric_key,
                "metric_value": value,
                "denominator": n,
                "wilson_low": low,
                "wilson_high": high,
                "missing_reason": "the denominator is 0" if value is None else None,
            }
            for one in current
            for metric_key, value, n, low, high in METRICS
        ],
        "mart_peer_comparison": [
            {
                "body_id": one["body_id"],
                "report_year": one["report_year"],
                "metric_key": metric_key,
                "metric_value": value,
                "refusal_reason": "fewer than 5 peers",
            }
            for one in current
            for metric_key, value, *_ in METRICS
        ],
        "fct_expected_report": [
            {
                "expected_report_id": "one",
                "portal_id": "p",
                "body_id": YI,
                "report_year": 2023,
                "coverage_state": "not_found",
                "coverage_reason": "no entry of that body and year in the list",
            }
        ],
    }

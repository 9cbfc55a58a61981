"""Made reports as staged records: what collecting and reading would have made of them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from flows.formats import format_cells
from flows.records import STAGED, CellKind, Report, Section, arrow_schema, as_row
from flows.reports.remarks import text_remarks
from flows.reports.text_signature import text_signature
from tests.mutations.reports import GENERATION, Key, MadeReport

READER = "1"


def stage_reports(staged: Path, reports: Sequence[MadeReport]) -> Path:
    """Write the reports as one staged batch; returns its folder."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = staged / f"{0:032x}"
    folder.mkdir(parents=True)
    reports = [shown for report in reports for shown in _shown(report)]
    rows: dict[str, Iterable[dict[str, Any]]] = {
        "portal": [_portal(code) for code in dict.fromkeys(report.division_code for report in reports)],
        "entry": map(_entry, reports),
        "fetch": [*map(_fetch, reports), *(_gone(report) for report in reports if report.is_vanished)],
        "document": map(_document, reports),
        "report": map(_report, reports),
        "cell": (row for report in reports for row in _cells(report)),
        "section": (row for report in reports for row in _sections(report)),
        "claim": (row for report in reports for row in _claims(report)),
        "text_signature": (as_row(text_signature(*_told(report))) for report in reports),
        "text_remark": (as_row(remark) for report in reports for remark in text_remarks(*_told(report))),
    }
    for name, records in rows.items():
        schema = arrow_schema(STAGED[name])
        given = list(records)
        columns = [pa.array([row.get(field.name) for row in given], field.type) for field in schema]
        table = pa.Table.from_arrays(columns, schema=schema)
        pq.write_table(table, folder / f"{name}.parquet", write_page_checksum=True)
    return folder


@dataclasses.dataclass
class _Shown(MadeReport):
    """A report as it stands at an address from some day on."""

    version: str = ""
    address: str = ""
    days_earlier: int = 0


def _shown(report: MadeReport) -> Iterable[_Shown]:
    """All that was ever seen of a report, the latest of its own address last."""
    fields = {field.name: getattr(report, field.name) for field in dataclasses.fields(report)}
    if report.shown_elsewhere:
        other = fields | {"figures": report.shown_elsewhere, "claims": []}
        yield _Shown(**other, version="elsewhere", address="elsewhere")
    if report.shown_before:
        yield _Shown(**fields | {"figures": report.shown_before, "claims": []}, version="before", days_earlier=30)
    yield _Shown(**fields)


def _told(report: _Shown) -> tuple[Report, list[Section]]:
    row = _report(report)
    fields = {field.name: row.get(field.name) for field in dataclasses.fields(Report)}
    return Report(**fields), [Section(**section) for section in _sections(report)]


def _id(report: _Shown, what: str) -> str:
    return hashlib.sha256(f"{what} {report.body_id} {report.year}{report.version}".encode()).hexdigest()[:32]


def _url(report: _Shown) -> str:
    page = hashlib.sha256(f"page {report.body_id} {report.year}{report.address}".encode()).hexdigest()[:32]
    return f"https://{report.division_code}.example/{page}.html"


def _sighted_at(report: _Shown) -> dt.datetime:
    return dt.datetime(report.year + 1, 6, 1, tzinfo=dt.UTC) - dt.timedelta(days=report.days_earlier)


def _gone(report: _Shown) -> dict[str, Any]:
    fetched_at = _sighted_at(report) + dt.timedelta(days=30)
    return _fetch(report) | {
        "fetch_state": "gone",
        "http_status": 404,
        "payload_sha256": None,
        "fetched_at": fetched_at,
    }


def _portal(division_code: str) -> dict[str, Any]:
    return {
        "portal_id": f"made-{division_code}",
        "name": division_code,
        "family": "links",
        "column_url": f"https://{division_code}.example/",
        "division_code": division_code,
        "division_name": division_code,
        "level": "county",
        "body_kind": "department",
        "is_verified": False,
        "allows_legacy_tls": False,
    }


def _entry(report: _Shown) -> dict[str, Any]:
    return {
        "portal_id": f"made-{report.division_code}",
        "entry_url": _url(report),
        "title": f"{report.body_name}{report.year}年政府信息公开工作年度报告",
        "is_accepted": True,
        "title_rule": "annual_report",
        "list_url": f"https://{report.division_code}.example/",
        "first_seen_at": _sighted_at(report),
    }


def _fetch(report: _Shown) -> dict[str, Any]:
    return {
        "portal_id": f"made-{report.division_code}",
        "url": _url(report),
        "fetch_role": "page",
        "entry_url": _url(report),
        "fetch_state": "content",
        "http_status": 200,
        "tls_verification": "verified",
        "payload_sha256": _id(report, "payload"),
        "payload_bytes": 20_000,
        "fetched_at": _sighted_at(report),
        "warc_file": "made-up.warc.gz",
        "warc_offset": 0,
    }


def _document(report: _Shown) -> dict[str, Any]:
    return _fetch(report) | {
        "document_id": _id(report, "document"),
        "reader_version": READER,
        "document_format": report.document_format,
        "read_state": "read",
    }


def _report(report: _Shown) -> dict[str, Any]:
    return {
        "report_id": _id(report, "report"),
        "reader_version": READER,
        "document_id": _id(report, "document"),
        "portal_id": f"made-{report.division_code}",
        "entry_url": _url(report),
        "title": f"{report.body_name}{report.year}年政府信息公开工作年度报告",
        "body_id": report.body_id,
        "body_name": report.body_name,
        "division_code": report.division_code,
        "division_name": report.division_code,
        "level": report.level,
        "body_kind": report.body_kind,
        "report_year": report.year,
        "report_year_source": "title",
        "published_on": report.published_on,
        "published_on_source": "meta",
        "scope": report.scope,
        "generation": report.generation,
        "stated_period_from": dt.date(report.period_year, 1, 1),
        "stated_period_to": dt.date(report.period_year, 12, 31),
        "notice_cited": report.notice,
        "cells_expected": len(report.figures),
        "cells_located": report.cells_located,
        "leftover_count": report.leftover_count,
    }


def _cells(report: _Shown) -> Iterable[dict[str, Any]]:
    report_id = _id(report, "report")
    for cell in format_cells(GENERATION):
        key: Key = (cell.table_key, cell.row_key, cell.column_key)
        value = report.figures[key]
        kind = CellKind.BLANK if value is None else CellKind.NUMBER if value else CellKind.ZERO
        printed = "" if value is None else f"{value:f}"
        yield {
            "report_id": report_id,
            "reader_version": READER,
            "table_key": key[0],
            "row_key": key[1],
            "column_key": key[2],
            "generation": GENERATION,
            "cell_kind": kind.value,
            "raw_text": printed,
            "printed": printed,
            "value": value,
            "place": "table 1",
            "confidence": 1.0,
            "row_score": 1.0,
            "row_margin": 1.0,
            "second_value": printed,
            "second_number": value,
            "agreement": "agreed",
        }


def _sections(report: _Shown) -> Iterable[dict[str, Any]]:
    for ordinal, (key, text) in enumerate(report.sections.items(), 1):
        yield {
            "report_id": _id(report, "report"),
            "reader_version": READER,
            "section_ordinal": ordinal,
            "section_key": key,
            "heading": key,
            "section_text": text,
        }


def _claims(report: _Shown) -> Iterable[dict[str, Any]]:
    for ordinal, claim in enumerate(report.claims, 1):
        year = report.year - claim.is_of_year_before
        yield {
            "report_id": _id(report, "report"),
            "reader_version": READER,
            "claim_ordinal": ordinal,
            "section_ordinal": 1,
            "section_key": "overview",
            "sentence_ordinal": claim.sentence or ordinal,
            "sentence_text": f"{claim.verb}{claim.value}{claim.unit}",
            "number_offset": len(claim.verb),
            "verb": claim.verb,
            "object_key": claim.object_key,
            "measure_kind": "count",
            "value": Decimal(claim.value),
            "printed": f"{claim.value}",
            "unit": claim.unit,
            "is_approximate": False,
            "scope": "other_year" if claim.is_of_year_before else "own",
            "claim_year": year,
            "bound_table": claim.key[0],
            "bound_row": claim.key[1],
            "bound_column": claim.key[2],
        }

"""One report as a person reads it: its tables as printed, its checks, its metrics with n, its versions."""

from __future__ import annotations

import dataclasses
from itertools import groupby
from typing import TYPE_CHECKING, Any

from flows.errors import InputError
from flows.formats import FormatCell, format_cells
from flows.outlet.bodies import Body, find_body
from flows.outlet.copy import rows
from flows.outlet.metrics import metric_values, written
from flows.quality.findings import BLANK, Finding, failed_checks
from flows.quality.named_cells import proposal_text
from flows.records import CellKind, Outcome
from flows.terminal import cut, harmless, table

if TYPE_CHECKING:
    import duckdb

ROW_LABEL_WIDTH = 44
COLUMN_LABEL_WIDTH = 14
ABSENT = "—"
DOUBTFUL = "?"
TABLES_ZH = {"proactive_disclosure": "主动公开政府信息情况", "requests": "收到和处理政府信息公开申请情况"} | {
    "disputes": "政府信息公开行政复议、行政诉讼情况"
}
LEGEND = f"{BLANK} blank, {ABSENT} not in the document, {DOUBTFUL} behind a value: doubtful, see the cells below"


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """One current report. Rows are those of the marts, column by column."""

    body: Body
    report: dict[str, Any]
    """The current version in `marts.fct_report`."""
    versions: list[dict[str, Any]]
    """Every version of the same body and year: number, first sighting, address."""
    cells: list[dict[str, Any]]
    """Cells of `marts.fct_cell` in the order in which they are printed."""
    checks: dict[str, int]
    """Checks by outcome."""
    failed: list[Finding]
    metrics: list[dict[str, Any]]
    """One row a metric: value, n, interval, and place among the peers."""


def page(connection: duckdb.DuckDBPyConnection, body_text: str, report_year: int | None) -> Page:
    """The report of a body for a year, the latest when none is given.

    Raises InputError when the body is not one, or has no report for the year; the sentence says what is known of it.
    """
    body = find_body(connection, body_text)
    reports = rows(
        connection,
        "select * from marts.fct_report where body_id = ? and report_year is not null"
        " order by report_year desc, version_number",
        [body.body_id],
    )
    years = list(dict.fromkeys(report["report_year"] for report in reports))
    year = report_year if report_year is not None else next(iter(years), None)
    if year is None or year not in years:
        raise InputError(_no_report(connection, body, report_year, years))
    of_year = [report for report in reports if report["report_year"] == year]
    report = next(report for report in of_year if report["is_current"])
    checks = rows(
        connection,
        "select outcome, count(*) as checks from marts.fct_check_result where report_id = ? group by all",
        [report["report_id"]],
    )
    kept = ("report_id", "version_number", "is_current", "first_fetched_at", "published_on", "document_url")
    return Page(
        body=body,
        report=report,
        versions=[{name: version[name] for name in kept} for version in of_year],
        cells=in_printed_order(
            rows(connection, "select * from marts.fct_cell where report_id = ?", [report["report_id"]])
        ),
        checks={outcome.value: 0 for outcome in Outcome} | {row["outcome"]: row["checks"] for row in checks},
        failed=failed_checks(connection, body.body_id, year),
        metrics=metric_values(connection, [body.body_id], [year]),
    )


def in_printed_order(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cells with their labels, in the order of the format."""
    prescribed = _prescribed(tuple(sorted({cell["generation"] for cell in cells})))
    order = {key: number for number, key in enumerate(prescribed)}
    labelled = []
    for cell in cells:
        labels = prescribed.get(_key(cell))
        row_label, column_label = labels_of(labels) if labels else (cell["row_key"], cell["column_key"])
        labelled.append({**cell, "row_label": row_label, "column_label": column_label})
    return sorted(labelled, key=lambda cell: (order.get(_key(cell), len(order)), _key(cell)))


def labels_of(cell: FormatCell) -> tuple[str, str]:
    """Labels of a cell's row, with the one above it, and of its column."""
    above = cell.group_label.rpartition("/")[2]
    return f"{above} {cell.row_label}".strip(), cell.column_label


def as_text(shown: Page) -> str:
    """The page for a terminal."""
    return harmless("\n".join([*_head(shown), *_tables(shown), *_checks(shown), *_metrics(shown)]) + "\n")


def _head(shown: Page) -> list[str]:
    report = shown.report
    late = {None: "", 0: ", in time"}.get(report["days_late"], f", {report['days_late']} days late")
    deadline = f" (due {report['deadline_on']}{late})" if report["deadline_on"] else ""
    versions = f"{report['version_number']} of {len(shown.versions)}" if len(shown.versions) > 1 else "the only one"
    located = f"{report['cells_located']} of {report['cells_expected']} cells, {report['leftover_count']} left over"
    lines = [
        report["title"],
        f"  body         {shown.body.in_words}",
        f"  report year  {report['report_year']}",
        f"  scope        {report['scope']}",
        f"  published    {report['published_on'] or 'unknown'}{deadline}",
        f"  version      {versions}, first seen {report['first_fetched_at']:%Y-%m-%d %H:%M} UTC",
        f"  tables       generation {report['generation']}, {located}",
        f"  page         {report['entry_url']}",
    ]
    if report["document_url"] != report["entry_url"]:
        lines.append(f"  document     {report['document_url']}")
    if report["identity_doubt"]:
        lines.append(f"  doubt        {report['identity_doubt']}")
    return lines


def _tables(shown: Page) -> list[str]:
    lines = []
    for table_key, cells in groupby(shown.cells, key=lambda cell: str(cell["table_key"])):
        lines += ["", f"{TABLES_ZH.get(table_key, '')} {table_key}".strip()]
        rows_of_table = [list(row) for _, row in groupby(cells, key=lambda cell: cell["row_key"])]
        for _, alike in groupby(rows_of_table, key=lambda row: [cell["column_key"] for cell in row]):
            block = list(alike)
            heads = ["", *(cut(cell["column_label"], COLUMN_LABEL_WIDTH) for cell in block[0])]
            body = [[cut(row[0]["row_label"], ROW_LABEL_WIDTH), *map(as_printed, row)] for row in block]
            lines += table([heads, *body], right=frozenset(range(1, len(heads))))
    lines += ["", f"  {LEGEND}"]
    lines += [
        f"  {cell['table_key']},{cell['row_key']},{cell['column_key']} = {as_printed(cell)}: {cell['doubt']}"
        for cell in shown.cells
        if cell["doubt"]
    ]
    return lines


def as_printed(cell: dict[str, Any]) -> str:
    """A cell as printed; what has no value by its kind, a doubtful value with a mark."""
    kind = cell["cell_kind"]
    if kind == CellKind.ABSENT:
        return ABSENT
    text = BLANK if kind == CellKind.BLANK else cell["printed"] or " ".join((cell["raw_text"] or "").split())
    return f"{text} {DOUBTFUL}" if cell["doubt"] else text


def _checks(shown: Page) -> list[str]:
    counts = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in shown.checks.items() if count)
    lines = ["", f"checks: {counts or 'none'}"]
    for finding in shown.failed:
        difference = "" if finding.difference is None else f", difference {finding.difference.normalize():f}"
        verdict = f"; verdict: {finding.verdict}" if finding.verdict else ""
        lines += [
            f"  {finding.rule_id} {finding.severity}, {finding.instance_label}: {finding.statement_zh}"
            f" ({finding.statement_en})",
            f"    {finding.formula_values}{difference}{verdict}",
            *([f"    may be wrong: {proposal_text(finding.proposal)}"] if finding.proposal else []),
        ]
    return lines


def _metrics(shown: Page) -> list[str]:
    heads = ["metric", "", "value", "n", "95 % interval", "rank among peers"]
    lines = [heads]
    for metric in shown.metrics:
        rank = metric["competition_rank"]
        place = f"{rank} of {metric['peer_count']}" if rank else f"none: {metric['refusal_reason']}"
        lines.append(
            [
                metric["metric_key"],
                metric["name_zh"],
                written(metric["metric_value"], metric["kind"]),
                written(metric["denominator"], "count"),
                interval(metric),
                place,
            ]
        )
    return ["", f"metrics: {len(shown.metrics)}", *table(lines, right=frozenset({2, 3, 4}))]


def interval(metric: dict[str, Any]) -> str:
    """The Wilson interval of a share, empty for what has none."""
    if metric["wilson_low"] is None:
        return ""
    return f"{100 * metric['wilson_low']:.1f} - {100 * metric['wilson_high']:.1f} %"


def _no_report(connection: duckdb.DuckDBPyConnection, body: Body, report_year: int | None, years: list[int]) -> str:
    stated = rows(
        connection,
        "select coverage_state, coverage_reason from marts.fct_expected_report where body_id = ? and report_year = ?",
        [body.body_id, report_year],
    )
    states = [
        row["coverage_state"].replace("_", " ") + (f", {row['coverage_reason']}" if row["coverage_reason"] else "")
        for row in stated
    ]
    of_year = f" for {report_year}" if report_year is not None else ""
    known = f" ({'; '.join(states)})" if states else ""
    there_are = f"; there are those for {', '.join(map(str, sorted(years)))}" if years else ""
    return f"{body.in_words} has no report{of_year}{known}{there_are}."


def _prescribed(generations: tuple[str, ...]) -> dict[tuple[str, str, str, str], FormatCell]:
    return {
        (cell.generation, cell.table_key, cell.row_key, cell.column_key): cell
        for generation in generations
        for cell in format_cells(generation)
    }


def _key(cell: dict[str, Any]) -> tuple[str, str, str, str]:
    return (cell["generation"], cell["table_key"], cell["row_key"], cell["column_key"])

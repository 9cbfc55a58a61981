"""A walk back in words, for a terminal."""

from __future__ import annotations

from typing import Any

from flows.outlet.metrics import written
from flows.outlet.page import as_printed
from flows.outlet.trace import Figure, Source, Trace
from flows.terminal import harmless


def as_text(found: Trace) -> str:
    """The steps from the value to the address, one below the other."""
    lines = [_title(found)]
    if found.metric:
        lines += [
            f"  mart      marts.mart_body_year, column {found.metric.metric_key}",
            f"  metric    {found.metric.formula}",
        ]
    elif found.cell:
        lines += [
            "  mart      marts.fct_cell, column value",
            f"  goes into {', '.join(found.goes_into) or 'no figure'}",
        ]
        lines.append(f"  cell      {_cell(found.cell)}")
    else:
        lines.append(f"  mart      marts.mart_body_year, column {found.asked}")
    for figure in found.figures:
        lines += _figure(figure)
    for source in found.sources:
        lines += _source(source)
    return harmless("\n".join(lines) + "\n")


def _title(found: Trace) -> str:
    whose = f"{found.body.body_name} {found.report_year}"
    if not found.metric:
        return f"{whose}: {found.asked} = {_number(found.value)}"
    exact = f" ({found.value!r})" if found.value is not None else ""
    value = f"{written(found.value, found.metric.kind)}{exact}"
    return f"{whose}: {found.metric.metric_key} {found.metric.name_zh} = {value}"


def _figure(figure: Figure) -> list[str]:
    sums = {True: "the sum of", False: "NOT the sum of", None: "NULL: no value may be made of"}[figure.is_the_sum]
    cells = "1 cell" if len(figure.terms) == 1 else f"{len(figure.terms)} cells"
    head = f"  figure    {figure.figure_key} of {figure.report_year} = {_number(figure.value)}, {sums} {cells}"
    return [head, *(f"            {_sign(term.coefficient)} {_cell(term.cell)}" for term in figure.terms)]


def _cell(cell: dict[str, Any]) -> str:
    name = f"{cell['table_key']},{cell['row_key']},{cell['column_key']}"
    doubt = f"; doubtful: {cell['doubt']}" if cell["doubt"] else ""
    labels = f"{' '.join(cell['row_label'].split())} | {cell['column_label']}"
    return f"{name} = {as_printed(cell)} ({labels}; {cell['place'] or 'not in the document'}{doubt})"


def _source(source: Source) -> list[str]:
    report = source.report
    state = "current" if report["is_current"] else "replaced since"
    proof = f"NOT PROVEN: {source.fault}" if source.fault else f"verified, {source.payload_bytes:,} bytes"
    read_by = f"read by reader {report['reader_version']}"
    return [
        f"  report    {report['report_year']}, version {report['version_number']} ({state}), {report['report_id']}",
        f"  document  {report['document_id']}, {report['document_format']}, {read_by}",
        f"  archived  {report['warc_file']} at byte {report['warc_offset']}",
        f"            sha-256 {report['payload_sha256']}: {proof}",
        f"            first fetched {report['first_fetched_at']:%Y-%m-%d %H:%M:%S} UTC",
        f"  address   {report['document_url']}",
        *([f"            on {report['entry_url']}"] if report["entry_url"] != report["document_url"] else []),
        *(
            [f"            answered by {source.answered_by}"]
            if source.answered_by not in (None, report["document_url"])
            else []
        ),
    ]


def _number(value: Any) -> str:  # noqa: ANN401 - int, Decimal or float
    if value is None:
        return "none"
    return f"{value:,.6f}".rstrip("0").rstrip(".") if value != int(value) else f"{int(value):,}"


def _sign(coefficient: int) -> str:
    sign = "+" if coefficient > 0 else "-"
    return sign if abs(coefficient) == 1 else f"{sign}{abs(coefficient)} x"

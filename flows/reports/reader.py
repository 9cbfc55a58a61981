"""From a Document to a Report with every cell of its format, its sections and what was left over."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from flows.documents import Box, Document, Paragraph
from flows.formats import FormatCell
from flows.records import (
    Agreement,
    Cell,
    CellKind,
    Claim,
    Leftover,
    ReadState,
    Report,
    Section,
    TextRemark,
    TextSignature,
)
from flows.reports import READER_VERSION
from flows.reports.agreement import Key, compare, places_apart
from flows.reports.aligned import AlignedRow, RowNote, aligned_row
from flows.reports.claims import read_claims
from flows.reports.disclosure_table import read_disclosure
from flows.reports.dispute_table import read_disputes
from flows.reports.figures import Figure, read_figure
from flows.reports.generations import is_sheet_of_2014, settle
from flows.reports.identity import Hints, Identity, identify
from flows.reports.narrative import read_sections
from flows.reports.remarks import text_remarks
from flows.reports.request_table import read_requests
from flows.reports.rows import table_rows
from flows.reports.second_reading import read_again
from flows.reports.strays import REASON as STRAY
from flows.reports.strays import strays
from flows.reports.table_reading import TableReading, rows_of_format
from flows.reports.text_signature import text_signature

_EXPLAINS = re.compile(r"解读|图解|图说|读懂|看懂|一图|长图|明白纸|漫画|动漫|数读|数说")
_FILE_NAME = re.compile(
    r"[^\s/\\，。；：:、《》]{1,80}\.(?:pdf|docx?|wps|odt|ofd|xlsx?|rtf|zip|rar|jpe?g|png)(?![a-z])", re.I
)
_FILES_NAMED = 3
"""So many attachments are named in a reason."""
_HEADINGS_OF_A_REPORT = 3
_PARAGRAPHS_MOST = 20_000
"""Each line may be the row of a table, so each takes time; the longest of the real reports has some hundreds."""
_FIRST_YEARS = {"2021": 2021, "2019": 2019}
"""The first report year that a generation was in force for; a date that says an earlier one is not of publication."""
_NOT_FOUND = (None, 0.0)
_LOCATED_LEAST = 0.5
"""A document is read if at least one of the three tables has this share of its cells."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What became of one document. Without a report, `reason` says why."""

    read_state: ReadState
    reason: str | None = None
    report: Report | None = None
    cells: tuple[Cell, ...] = ()
    sections: tuple[Section, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    claims: tuple[Claim, ...] = ()
    text_signatures: tuple[TextSignature, ...] = ()
    """One of the whole text."""
    text_remarks: tuple[TextRemark, ...] = ()
    row_notes: tuple[RowNote, ...] = ()
    """What is known of how each row with cells was aligned, in the order of the format."""
    boxes: dict[str, Box] = dataclasses.field(default_factory=dict)
    """By place, where cells and leftovers stand on a page; empty where the document has no pages."""

    @property
    def rows(self) -> tuple[AlignedRow, ...]:
        """How each row with cells was aligned, in the order of the format; made anew each time."""
        return tuple(map(aligned_row, self.row_notes))

    @classmethod
    def failed(cls, read_state: ReadState, reason: str) -> Reading:
        """A document that holds no report that can be read."""
        return cls(read_state, reason)


def read_report(document: Document, *, document_id: str, hints: Hints) -> Reading:
    """Read the report in a document.

    The reading has one cell for every cell of the generation in the order of the format (`absent` where the document
    has none), one leftover for every number in the three tables that is no such cell, and the numeric claims of its
    sentences.
    """
    sections = read_sections(document.blocks, report_id=document_id, reader_version=READER_VERSION)
    identity = identify(document, sections, hints, document_id)
    if _EXPLAINS.search(identity.title):
        return Reading.failed(ReadState.NOT_A_REPORT, f"Its title says that it explains a report: {identity.title}")
    if sum(isinstance(block, Paragraph) for block in document.blocks) > _PARAGRAPHS_MOST:
        return Reading.failed(
            ReadState.TOO_LARGE, f"It has more than {_PARAGRAPHS_MOST} paragraphs: no honest report."
        )
    rows = table_rows(document)
    disclosure = read_disclosure(rows["proactive_disclosure"], identity.report_year, None)
    requests = read_requests(rows["requests"], identity.report_year, disclosure.generation)
    if disclosure.generation is None and requests.generation is not None:
        disclosure = read_disclosure(rows["proactive_disclosure"], identity.report_year, requests.generation)
    disputes = read_disputes(rows["disputes"], identity.report_year)
    generation = settle(disclosure, requests, disputes, identity.notice_cited)
    first_year = _FIRST_YEARS.get(generation, 0)
    if identity.report_year_source in {"published_on", "folder"} and (identity.report_year or 0) < first_year:
        doubt = f"Title and text name no year, and its tables are those of {first_year} and later."
        identity = dataclasses.replace(identity, report_year=None, report_year_source=None, identity_doubt=doubt)
    tables = (disclosure, requests, disputes)
    for table in tables:
        table.leave((cell for row in rows[table.table_key] for cell in strays(row)), STRAY)
    if not _holds_a_table(tables):
        return _no_report(document, identity, sections)
    cells = tuple(_cells(tables, read_again(document), document_id))
    leftovers = tuple(_leftovers(tables, document_id))
    located = len(cells) - [cell.cell_kind for cell in cells].count(CellKind.ABSENT)
    report = Report(
        report_id=document_id,
        reader_version=READER_VERSION,
        document_id=document_id,
        portal_id=hints.portal_id or "",
        entry_url=hints.entry_url or "",
        **{field.name: getattr(identity, field.name) for field in dataclasses.fields(identity)},
        generation=generation,
        cells_expected=len(cells),
        cells_located=located,
        leftover_count=len(leftovers),
    )
    claims = read_claims(report, sections, {(cell.table_key, cell.row_key, cell.column_key) for cell in cells})
    return Reading(
        ReadState.READ,
        None,
        report,
        cells,
        tuple(sections),
        leftovers,
        tuple(claims),
        (text_signature(report, sections),),
        tuple(text_remarks(report, sections)),
        tuple(_row_notes(tables)),
        _boxes(tables),
    )


def figure_list(cells: Iterable[Cell]) -> list[tuple[str, str, str, str]]:
    """The figures as people exchange them: table, row, column and the printed value, empty when there is none."""
    return [(cell.table_key, cell.row_key, cell.column_key, cell.printed) for cell in cells]


def _holds_a_table(tables: Sequence[TableReading]) -> bool:
    for table in tables:
        if table.generation is None:
            continue
        expected = sum(len(row) for row in rows_of_format(table.generation, table.table_key).values())
        if len(table.cells) >= _LOCATED_LEAST * expected:
            return True
    return False


def _no_report(document: Document, identity: Identity, sections: Sequence[Section]) -> Reading:
    if is_sheet_of_2014(document):
        return Reading.failed(
            ReadState.NOT_YET_READ, "It has the statistics sheet of report years 2014 to 2018, which is not read yet."
        )
    attached = _attached(document)
    headings = sum(section.section_key not in {"preamble", "unknown"} for section in sections)
    if headings >= _HEADINGS_OF_A_REPORT:
        return Reading.failed(
            ReadState.NO_TABLES,
            f"It has {headings} headings of a report but none of its tables as text: an explanation of a report, or "
            f"tables published as pictures.{attached}",
        )
    return Reading.failed(
        ReadState.NOT_A_REPORT, f"It has neither the headings nor the tables of an annual report.{attached}"
    )


def _attached(document: Document) -> str:
    """What a page says that it has attached, as a sentence; empty when it names no file."""
    texts = [block.text for block in document.blocks if isinstance(block, Paragraph)]
    named = [name for text in texts for name in _FILE_NAME.findall(text)]
    linked = [
        (link.text, name)
        for link in document.links
        for name in _FILE_NAME.findall(link.url.split("?")[0].split("/")[-1])
    ]
    named += [name for text, name in linked if not _FILE_NAME.search(text)]
    names = list(dict.fromkeys(named))
    more = ", ..." if len(names) > _FILES_NAMED else ""
    return f" It names attachments ({', '.join(names[:_FILES_NAMED])}{more}): read those." if names else ""


def _rows_of(table: TableReading) -> dict[str, list[FormatCell]]:
    """Rows that a table has by its heads: the generation's, and another's where one block has the other's heads."""
    if table.generation is None:
        return {}
    rows = dict(rows_of_format(table.generation, table.table_key))
    for row_key, other in table.row_generations.items():
        rows[row_key] = rows_of_format(other, table.table_key)[row_key]
    return rows


def _cells(tables: Sequence[TableReading], second: Mapping[Key, str], report_id: str) -> list[Cell]:
    cells = [
        cell
        for table in tables
        for row_key, wanted in _rows_of(table).items()
        for cell in _cells_of_row(row_key, wanted, table, second, report_id)
    ]
    apart = places_apart({(cell.table_key, cell.row_key, cell.column_key) for cell in cells}, second)
    return [_doubted(cell, apart.get((cell.table_key, cell.row_key))) for cell in cells] if apart else cells


def _doubted(cell: Cell, doubt: str | None) -> Cell:
    if doubt and cell.cell_kind != CellKind.ABSENT and cell.agreement == Agreement.ONE_READING:
        return dataclasses.replace(cell, agreement=Agreement.DISAGREED.value, doubt=doubt)
    return cell


def _cells_of_row(
    row_key: str, wanted: Sequence[FormatCell], table: TableReading, second: Mapping[Key, str], report_id: str
) -> Iterable[Cell]:
    table_key, placed = table.table_key, table.rows.get(row_key)
    row_score, row_margin = (round(placed.match.score, 3), round(placed.match.margin, 3)) if placed else (0.0, 0.0)
    for one in wanted:
        column_key = one.column_key
        found, confidence = table.cells.get((row_key, column_key), _NOT_FOUND)
        again = second.get((table_key, row_key, column_key))
        text = place = None
        score = margin = 0.0
        if found is not None:
            text, place, score, margin = found.text, found.place, row_score, row_margin
            if found.second_text is not None:  # of the picture of this very cell, so it goes before
                again = found.second_text
        kind, printed, value, remark, number, agreement, doubt = _said(text, again, one.measure_kind, one.unit)
        yield Cell(
            report_id,
            READER_VERSION,
            table_key,
            row_key,
            column_key,
            one.generation,
            kind,
            text,
            printed,
            value,
            remark,
            place,
            confidence,
            score,
            margin,
            again,
            number,
            agreement,
            doubt,
        )


@lru_cache(maxsize=16384)
def _said(
    first: str | None, second: str | None, measure_kind: str, unit: str
) -> tuple[str, str, Decimal | None, str | None, Decimal | None, str, str | None]:
    """Kind, printed form, value and remark of a cell, then the number of the second reading, agreement and doubt."""
    figure = Figure(CellKind.ABSENT) if first is None else read_figure(first, measure_kind, unit)
    opinion = compare(first, second, measure_kind, unit)
    said = (figure.kind.value, figure.printed, figure.value, figure.remark)
    return (*said, opinion.number, opinion.agreement.value, opinion.doubt)


def _row_notes(tables: Sequence[TableReading]) -> Iterable[RowNote]:
    for table in tables:
        for row_key, wanted in _rows_of(table).items():
            cells = [table.cells.get((row_key, one.column_key), _NOT_FOUND)[0] for one in wanted]
            if any(cells) and row_key in table.rows:
                yield RowNote(table.rows[row_key], wanted, cells, table.told_by[row_key])


def _boxes(tables: Sequence[TableReading]) -> dict[str, Box]:
    placed = {cell.place: cell.box for table in tables for cell, _ in table.cells.values() if cell.box}
    left = {remnant.place: remnant.box for table in tables for remnant in table.remnants if remnant.box}
    return placed | left


def _leftovers(tables: Sequence[TableReading], report_id: str) -> Iterable[Leftover]:
    remnants = [remnant for table in tables for remnant in table.remnants]
    for ordinal, remnant in enumerate(remnants):
        yield Leftover(report_id, READER_VERSION, ordinal, remnant.place, remnant.raw_text, remnant.reason)


__all__ = ["Hints", "Reading", "figure_list", "read_report"]

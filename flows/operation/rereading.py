"""What a later version of the reader reads otherwise: which documents to read again, and each figure that changed.

Both readings lie in the staged batches, so the comparison needs neither the archive nor the warehouse and can be made
again at any time. What counts as otherwise is the dbt macro `cell_content`, as everywhere.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.batches import staged_batches
from flows.errors import InputError
from flows.paths import DBT_PROJECT
from flows.reports import READER_VERSION
from flows.stages import RereadResult
from flows.unfinished import flush, folder_beside

if TYPE_CHECKING:
    import duckdb

    from flows.archive.index import ArchiveIndex
    from flows.archive.sightings import ArchivedDocument

MACRO = DBT_PROJECT / "macros" / "cell_content.sql"
CHANGES = Path(__file__).with_name("reading_changes.sql.j2")
_ORDER = "body_id, report_year, document_id, table_key, row_key, column_key"
FETCHED = 10_000
"""Rows in memory at once."""
REASONS = {
    "document": "the document is read now, or is read no more",
    "found": "no such cell was found before",
    "lost": "the cell is not found any more",
    "place": "another place of the document is taken for the cell",
    "text": "the same place is taken to say something else",
    "value": "the same text is taken for another value",
}
"""Why a figure is another one, as far as the two readings tell."""


@dataclasses.dataclass(frozen=True, slots=True)
class ReadingChange:
    """One cell that a later reader reads otherwise. Versions are those of the reader."""

    body_id: str | None
    report_year: int | None
    url: str
    document_id: str
    table_key: str
    row_key: str
    column_key: str
    version_before: int
    version_after: int
    before: str
    """As printed; a blank, a mark and an absent cell by their kind."""
    after: str
    reason: str
    """A key of `REASONS`."""
    place_before: str | None
    place_after: str | None
    text_before: str | None
    text_after: str | None
    doubt_before: str | None
    doubt_after: str | None


class ReadingChanges:
    """The changes between two readings, counted, and one after the other. Lives as long as `compared` does."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    @property
    def documents_compared(self) -> int:
        """Documents that both versions have looked at."""
        return self._one("select count(*) from pair")

    @property
    def documents_changed(self) -> int:
        """Those of them of which any figure is another one."""
        return self._one("select count(distinct document_id) from change")

    @property
    def reasons(self) -> dict[str, int]:
        """Changed cells by reason; every reason is there."""
        counted = self._connection.execute("select reason, count(*) from change group by all").fetchall()
        return dict.fromkeys(REASONS, 0) | {str(reason): int(count) for reason, count in counted}

    def __iter__(self) -> Iterator[ReadingChange]:
        cursor = self._connection.execute(f"from change order by {_ORDER}")
        while rows := cursor.fetchmany(FETCHED):
            for row in rows:
                yield ReadingChange(*row)

    def _one(self, query: str) -> int:
        (count,) = self._connection.execute(query).fetchone() or (0,)
        return int(count)


def outdated_documents(index: ArchiveIndex, staged: Path, older_than: int) -> list[ArchivedDocument]:
    """Archived documents that were read, last by a version before `older_than`, ordered by name."""
    from flows.reports.archived import document_id, staged_keys

    latest: dict[str, int] = {}
    for name, version in staged_keys(staged, "document"):
        latest[name] = max(latest.get(name, 0), int(version))
    outdated = {
        document_id(document.url, document.payload_sha256): document
        for document in index.documents()
        if 0 < latest.get(document_id(document.url, document.payload_sha256), 0) < older_than
    }
    return [outdated[name] for name in sorted(outdated)]


def checked_version(older_than: int | None) -> int:
    """The version before which documents are read again; this reader's own unless another is named.

    Raises:
        InputError: it is not a version up to this reader's.
    """
    if older_than is None:
        return int(READER_VERSION)
    if not 1 < older_than <= int(READER_VERSION):
        raise InputError(
            f"--older-than {older_than} is no version of the reader that another is older than: name one from 2 to "
            f"{READER_VERSION}, which is this reader's."
        )
    return older_than


@contextmanager
def compared(staged: Path, older_than: int, scratch: Path) -> Iterator[ReadingChanges]:
    """What this reader's readings have otherwise than the latest of a version before `older_than`.

    `scratch` is a folder for what does not fit in memory. Raises InputError when a staged batch is damaged.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"set temp_directory = '{str(scratch).replace(chr(39), chr(39) * 2)}'")
        try:
            for table in ("document", "report", "cell"):
                _view(connection, table, [str(b.tables[table]) for b in staged_batches(staged) if table in b.tables])
            connection.execute(_statements(older_than))
        except (duckdb.IOException, duckdb.InvalidInputException) as fault:
            raise InputError(
                f"The staged batches in {staged} cannot be compared ({str(fault).splitlines()[0]}); `gongkai load` "
                "names the one that is damaged."
            ) from fault
        yield ReadingChanges(connection)


def write_csv(changes: ReadingChanges, path: Path) -> None:
    """All changes as CSV, put in its place whole."""
    with folder_beside(path) as scratch:
        unfinished = scratch / path.name
        with unfinished.open("w", encoding="utf-8", newline="") as sink:
            writer = csv.writer(sink)
            writer.writerow(field.name for field in dataclasses.fields(ReadingChange))
            for change in changes:
                writer.writerow(_harmless(value) for value in dataclasses.astuple(change))
        flush(unfinished)
        unfinished.replace(path)


def in_words(result: RereadResult) -> str:
    """What reading again did, and how many figures changed for which reason."""
    lines = [
        f"{result.documents} documents read again; of {result.documents_compared} compared "
        f"{result.documents_changed} are read otherwise, in {result.cells_changed} cells."
    ]
    lines += [f"  {count:>7,}  {REASONS[reason]}" for reason, count in result.reasons.items() if count]
    if result.cells_changed:
        lines.append(
            f"Each of them is in {result.changes}; `gongkai load`, transform, assess and publish take them in."
        )
    return "\n".join(lines)


def _harmless(value: object) -> object:
    """A text that a workbook would take for a formula, marked as text."""
    is_formula = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if is_formula else value


def _view(connection: duckdb.DuckDBPyConnection, table: str, files: list[str]) -> None:
    """The rows of one table in all staged batches; columns that an earlier version did not have are empty."""
    if files:
        connection.read_parquet(files, union_by_name=True).create_view(table)
        return
    from flows.warehouse.raw import raw_columns

    columns = ", ".join(f'"{name}" {kind}' for name, kind in raw_columns(table).items())
    connection.execute(f"create table {table} ({columns})")


def _statements(older_than: int) -> str:
    import jinja2

    content: Any = jinja2.Template(MACRO.read_text(encoding="utf-8")).module
    changes = jinja2.Template(CHANGES.read_text(encoding="utf-8"))
    return changes.render(
        cell_content=content.cell_content, older_than=int(older_than), version_after=int(READER_VERSION)
    )

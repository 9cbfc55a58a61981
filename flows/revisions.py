"""What a report that was published again says otherwise, cell by cell."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from flows.errors import InputError
from flows.paths import DBT_PROJECT
from flows.records import Cell, CellKind
from flows.settings import Settings

MACRO = DBT_PROJECT / "macros" / "cell_content.sql"


@dataclasses.dataclass(frozen=True, slots=True)
class Version:
    """One reading of a report: where its document lies and what stands in its cells."""

    url: str
    payload_sha256: str
    fetched_at: dt.datetime
    cells: dict[tuple[str, str, str], Cell]


@dataclasses.dataclass(frozen=True, slots=True)
class CellRevision:
    """One cell that a later version has otherwise."""

    table_key: str
    row_key: str
    column_key: str
    before: str
    after: str


@dataclasses.dataclass(frozen=True, slots=True)
class Revision:
    """A version beside the one before it."""

    url: str
    seen_at: dt.datetime
    """When the earlier version was first seen."""
    changed_at: dt.datetime
    """When the later one was."""
    cells: tuple[CellRevision, ...]


def revisions(url: str, settings: Settings) -> list[Revision]:
    """The versions of a report that the archive has, each beside the one before it.

    Args:
        url: of the report's page, as it was listed.
        settings: where the archive is.

    Raises:
        InputError: the archive has no report from there.
    """
    versions = _versions(url, settings)
    if not versions:
        raise InputError(
            f"The archive has no readable report from {url}; `gongkai archive entries` lists what it has."
        )
    return [
        Revision(after.url, before.fetched_at, after.fetched_at, tuple(compare(before.cells, after.cells)))
        for before, after in pairwise(versions)
    ]


def compare(before: dict[tuple[str, str, str], Cell], after: dict[tuple[str, str, str], Cell]) -> list[CellRevision]:
    """The cells that two versions have otherwise, in the order in which they stand.

    What counts as otherwise is the dbt macro `cell_content`, as in `fct_cell_revision`: a blank that became a zero
    does, the same number printed in another way does not.
    """
    keys = list({**before, **after})
    contents = zip(
        _contents([before.get(key) for key in keys]), _contents([after.get(key) for key in keys]), strict=True
    )
    return [
        CellRevision(*key, shown(before.get(key)), shown(after.get(key)))
        for key, (content_before, content_after) in zip(keys, contents, strict=True)
        if content_before != content_after
    ]


def shown(cell: Cell | None) -> str:
    """A cell as printed; a blank, a mark and an absent cell by their kind."""
    if cell is None or cell.cell_kind == CellKind.ABSENT:
        return "absent"
    return cell.printed or f"({cell.cell_kind})"


def in_words(url: str, found: Sequence[Revision]) -> str:
    """The revisions for people."""
    if not found:
        return f"{url}: one version only."
    lines = []
    for revision in found:
        lines.append(f"{revision.url}: {revision.seen_at:%Y-%m-%d %H:%M} -> {revision.changed_at:%Y-%m-%d %H:%M} UTC")
        for cell in revision.cells:
            name = f"{cell.table_key}, {cell.row_key}, {cell.column_key}"
            lines.append(f"  {name}: {cell.before} -> {cell.after}")
        if not revision.cells:
            lines.append("  the page has changed, no cell has")
    return "\n".join(lines)


def _versions(url: str, settings: Settings) -> list[Version]:
    from flows.archive.index import ArchiveIndex
    from flows.documents import Limits
    from flows.portals.registration import load_registry
    from flows.reports.archived import document_id, read_archived
    from flows.reports.workers import Workers

    documents = ArchiveIndex.open(settings.archive).versions(url)
    if not documents:
        return []
    portals = {portal.portal_id: portal for portal in load_registry(settings.registry)[0]}
    with Workers.from_settings(settings) as workers:
        rows, _ = read_archived(settings.archive, documents, portals, Limits.from_settings(settings), workers)
    report_of = {report.document_id: report.report_id for report in rows["report"]}
    return [
        Version(
            found.url,
            found.payload_sha256,
            found.fetched_at,
            {
                (cell.table_key, cell.row_key, cell.column_key): cell
                for cell in rows["cell"]
                if cell.report_id == report_of[name]
            },
        )
        for found in documents
        if (name := document_id(found.url, found.payload_sha256)) in report_of
    ]


def _contents(cells: Sequence[Cell | None]) -> list[str | None]:
    """What each cell says, as DuckDB evaluates the macro of the marts."""
    import duckdb

    kinds = [None if cell is None else str(cell.cell_kind) for cell in cells]
    values = [None if cell is None or cell.value is None else str(cell.value) for cell in cells]
    printed = [None if cell is None else cell.printed for cell in cells]
    with duckdb.connect() as connection:
        return [content for (content,) in connection.execute(_query(), [kinds, values, printed]).fetchall()]


@cache
def _query() -> str:
    import jinja2

    macro: Any = jinja2.Template(MACRO.read_text(encoding="utf-8")).module
    cells = (
        "select unnest($1::varchar[]) as cell_kind, unnest($2::varchar[]) as value, unnest($3::varchar[]) as printed"
    )
    return f"select {macro.cell_content('cell_kind', 'value', 'printed')} from ({cells})"  # noqa: S608 - our own text

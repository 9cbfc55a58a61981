"""Reading the archive again when the reader has a later version, as a person types it."""

from __future__ import annotations

import csv
import dataclasses
import json
from decimal import Decimal
from pathlib import Path

import pytest

from flows.archive.index import ArchiveIndex
from flows.batches import stage
from flows.documents import Limits
from flows.journal import read_journal
from flows.operation.rereading import outdated_documents
from flows.records import FetchRole, FetchState
from flows.reports import READER_VERSION
from flows.reports.archived import read_archived
from flows.sample.index import read_figures, sample_report
from flows.sample.rendering import render
from flows.settings import Settings
from tests.integration.gongkai_process import gongkai
from tests.operated_home import NOW, answered, archive, register

CELL = ("requests", "new_received", "total")


def read_by_an_earlier_reader(settings: Settings) -> None:
    """Stage what is archived as a reader of version 1 might have read it, one figure otherwise."""
    documents = ArchiveIndex.open(settings.archive).documents()
    rows, problems = read_archived(settings.archive, documents, {}, Limits.from_settings(settings))
    assert problems == []
    rows = {table: [dataclasses.replace(row, reader_version="1") for row in read] for table, read in rows.items()}
    (figure,) = (cell for cell in rows["cell"] if (cell.table_key, cell.row_key, cell.column_key) == CELL)
    rows["cell"].remove(figure)
    rows["cell"].append(dataclasses.replace(figure, printed="7", value=Decimal(7), raw_text="7"))
    stage(settings.staged, rows)


@pytest.mark.usefixtures("beside_a_server")
def test_what_an_earlier_reader_read_is_read_again_and_each_changed_figure_is_told(tmp_path: Path) -> None:
    home = tmp_path / "home"
    settings = Settings(home=home, registry=home / "registry")
    register(settings, "one")
    report = sample_report("fanli-shi-2024")
    exchange = answered("one", FetchState.CONTENT, NOW, role=FetchRole.PAGE, page="a.html")
    assert exchange.answer is not None
    page = render(report, read_figures(report), "html")
    archive(settings, [dataclasses.replace(exchange, answer=dataclasses.replace(exchange.answer, payload=page))])
    read_by_an_earlier_reader(settings)

    registry = {"GONGKAI_REGISTRY": str(settings.registry)}
    done = gongkai("reread", "--format", "json", home=home, extra=registry)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["documents"], result["documents_compared"], result["cells_changed"]) == (1, 1, 1)
    assert result["reasons"]["text"] == 1
    with Path(result["changes"]).open(encoding="utf-8") as lines:
        (change,) = csv.DictReader(lines)
    assert (change["table_key"], change["row_key"], change["column_key"]) == CELL
    assert change["before"] == "7" and change["after"] not in ("7", "absent")
    assert (change["version_before"], change["version_after"]) == ("1", READER_VERSION)
    index = ArchiveIndex.open(settings.archive)
    assert outdated_documents(index, settings.staged, int(READER_VERSION)) == []
    assert [note.stage for note in read_journal(home)] == ["reread"]

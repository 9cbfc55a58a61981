"""Which archived documents are still to be read."""

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.archive.sightings import ArchivedDocument
from flows.batches import stage
from flows.records import Document
from flows.reports import READER_VERSION
from flows.reports.archived import document_id, pending_documents

URL = "http://127.0.0.1/art/2025/1/20/art_1.html"
SHA256 = "a" * 64
SEEN_AT = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
ARCHIVED = ArchivedDocument("p", URL, URL, "page", None, None, "text/html", SHA256, 1000, SEEN_AT, "a.warc.gz", 0)
ARCHIVE: Any = SimpleNamespace(documents=lambda: [ARCHIVED])


@pytest.mark.parametrize(("reader_version", "pending"), [(READER_VERSION, []), ("1", [ARCHIVED])])
def test_a_document_read_by_an_earlier_version_of_the_reader_is_read_again(
    tmp_path: Path, reader_version: str, pending: list[ArchivedDocument]
) -> None:
    read = Document(
        *(document_id(URL, SHA256), reader_version, "p", URL, URL, "page", "html", SHA256, 1000, SEEN_AT),
        *("a.warc.gz", 0, "read", None),
    )
    stage(tmp_path, {"document": [read]})
    assert pending_documents(ARCHIVE, tmp_path) == pending

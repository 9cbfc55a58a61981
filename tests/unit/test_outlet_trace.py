"""The walk back where something does not hold: archive gone or another, a figure that its cells do not sum to."""

import gzip
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.archive.exchange import BroughtFile, sha256
from flows.archive.writer import ArchiveWriter
from flows.errors import InputError
from flows.outlet.trace import Trace, trace
from flows.outlet.trace_words import as_text
from flows.records import FetchRole
from tests.made_copy import JIA, SEEN, YI, make_copy, two_counties

PAYLOAD = "<html><table><tr><td>年度报告</td></tr></table></html>".encode()
PAGE = "http://127.0.0.1/990121-2024.html"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """An archive of one page, and where the page lies in it."""
    folder = tmp_path_factory.mktemp("archive")
    brought = BroughtFile("p", PAGE, PAGE, FetchRole.PAGE, "by hand", "text/html", PAYLOAD, None, None, SEEN)
    with ArchiveWriter(folder, warc_bytes=10_000_000, user_agent="test") as writer:
        return folder, writer.write_file(brought)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, archive: tuple[Path, Any]) -> Path:
    """Two counties; the first one's report lies in the archive; of its figures one is not what its cells sum to."""
    _, row = archive
    made = two_counties()
    for report in made["fct_report"]:
        if report["body_id"] == JIA and report["report_year"] == 2024:
            report |= {"warc_file": row.warc_file, "warc_offset": row.warc_offset, "payload_sha256": sha256(PAYLOAD)}
        if report["body_id"] == YI:
            report |= {"warc_file": row.warc_file, "warc_offset": row.warc_offset}
    for body_year in made["mart_body_year"]:
        body_year |= {"carried_out": 1, "outcome_total": 17, "workload": None}
    return make_copy(tmp_path_factory.mktemp("published") / "gongkai.duckdb", made)


def walked(connection: duckdb.DuckDBPyConnection, archive: Path, asked: str, body: str = JIA) -> Trace:
    return trace(connection, body, 2024, asked, archive=archive, max_bytes=10_000)


def test_a_cell_is_walked_to_the_archived_answer(
    connection: duckdb.DuckDBPyConnection, archive: tuple[Path, Any]
) -> None:
    for asked in ("requests,carried_out,total", "requests / carried_out / total"):
        found = walked(connection, archive[0], asked)
        assert found.value == 1 and found.faults == []
        assert "backlog_ratio" in found.goes_into and "carried_out" in found.goes_into
        (source,) = found.sources
        assert source.report["version_number"] == 2
        assert (source.answered_by, source.payload_bytes) == (PAGE, len(PAYLOAD))
    text = as_text(found)
    assert f"sha-256 {sha256(PAYLOAD)}: verified, {len(PAYLOAD)} bytes" in text and f"address   {PAGE}" in text


def test_a_figure_is_held_against_its_cells(connection: duckdb.DuckDBPyConnection, archive: tuple[Path, Any]) -> None:
    assert walked(connection, archive[0], "carried_out").figures[0].is_the_sum is True
    wrong = walked(connection, archive[0], "outcome_total")
    assert wrong.faults == ["outcome_total of 2024 is 17, which is not the sum of its cells."]
    assert "NOT the sum of 1 cell" in as_text(wrong)
    missing = walked(connection, archive[0], "workload")
    assert (missing.value, missing.figures[0].is_the_sum, missing.faults) == (None, None, [])
    metric = walked(connection, archive[0], "公开率")
    assert metric.metric is not None and metric.metric.metric_key == "disclosure_rate_strict"
    assert [figure.figure_key for figure in metric.figures] == ["granted_or_partially", "outcome_total"]


def test_an_archive_that_does_not_prove_it_is_a_fault(
    connection: duckdb.DuckDBPyConnection, archive: tuple[Path, Any], tmp_path: Path
) -> None:
    asked = "requests,carried_out,total"
    (fault,) = walked(connection, tmp_path, asked).faults
    assert "is not there: restore the archive from a copy" in fault
    (fault,) = walked(connection, archive[0], asked, YI).faults
    assert "holds another document than the marts were made from" in fault
    _, row = archive
    written = (archive[0] / row.warc_file).read_bytes()
    record = gzip.decompress(written[row.warc_offset :]).replace("年度".encode(), "季度".encode())
    (tmp_path / row.warc_file).write_bytes(written[: row.warc_offset] + gzip.compress(record))
    found = walked(connection, tmp_path, asked)
    assert "does not match its digest" in found.faults[0] and "NOT PROVEN" in as_text(found)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("request,granted,total", "no table request; there are proactive_disclosure, requests, disputes"),
        ("requests,grant,total", "no row of requests grant; there are new_received, carried_in"),
        ("requests,granted,sum", "no column of requests,granted sum; there are natural_person"),
        ("grants", "A figure is named as its column .* a cell by table, row and column"),
        ("", "A figure is named as its column"),
    ],
)
def test_what_is_not_there_is_answered_with_what_there_is(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, asked: str, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        walked(connection, tmp_path, asked)


def test_a_year_without_a_report_is_a_sentence(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no report for 2011"):
        trace(connection, JIA, 2011, "workload", archive=tmp_path, max_bytes=1)

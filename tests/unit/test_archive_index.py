"""The archive: what is written is read back, an interrupted run costs one record at most, and the index is a fold."""

from __future__ import annotations

import dataclasses
import datetime as dt
import gzip
import io
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from warcio.checker import Checker

from flows.archive.exchange import Answer, ArchiveError, Exchange, PictureSet, sha256, url_key
from flows.archive.index import ArchiveIndex
from flows.archive.indexing import rows_of, scan
from flows.archive.members import warc_files
from flows.archive.reader import read_payload, verify
from flows.archive.rows import IndexRow, ListedEntry
from flows.archive.writer import ArchiveWriter
from flows.errors import BusyError
from flows.records import FetchRole, FetchState

URL = "http://portal.example.gov.cn/nb/t20250101_1.html"
HOST = "portal.example.gov.cn"


def at(minute: int) -> dt.datetime:
    return dt.datetime(2025, 3, 1, 8, 0, tzinfo=dt.UTC) + dt.timedelta(minutes=minute)


def exchange(
    minute: int,
    payload: bytes | None = b"<p>report</p>",
    state: FetchState = FetchState.CONTENT,
    status: int = 200,
    url: str = URL,
    **changes: object,
) -> Exchange:
    answer = None
    if payload is not None:
        answer = Answer(
            url=url.split("#", 1)[0],
            method="GET",
            request_headers=(("Host", HOST), ("User-Agent", "gongkai/test")),
            request_body=b"",
            http_version="HTTP/1.1",
            http_status=status,
            http_reason="OK",
            response_headers=(("Content-Type", "text/html"), ("ETag", '"a"'), ("Content-Encoding", "gzip")),
            payload=payload,
            is_decoded=True,
        )
    fields = {
        "portal_id": "p",
        "url": url,
        "fetch_role": FetchRole.PAGE,
        "entry_url": url,
        "list_title": "示例市2024年政府信息公开工作年度报告",
        "listed_on": dt.date(2025, 1, 1),
        "fetch_state": state,
        "reason": None,
        "tls_verification": "none",
        "fetched_at": at(minute),
        "answer": answer,
    }
    return Exchange(**{**fields, **changes})  # type: ignore[arg-type]


def writer(folder: Path, warc_bytes: int = 1 << 30) -> ArchiveWriter:
    return ArchiveWriter(folder, warc_bytes=warc_bytes, user_agent="gongkai/test", now=lambda: at(0))


def archive(folder: Path, *exchanges: Exchange) -> list[IndexRow]:
    index = ArchiveIndex.open(folder)
    rows = []
    with writer(folder) as warc:
        for one in exchanges:
            unmodified = index.latest_content(one.url) if one.fetch_state is FetchState.NOT_MODIFIED else None
            known = index.payload_row(one.url, _sha(one)) if one.answer and one.answer.payload else None
            rows.append(warc.write(one, unmodified or known))
            index.add(rows[-1])
    return rows


def _sha(one: Exchange) -> str:
    from flows.archive.exchange import sha256

    assert one.answer is not None
    return sha256(one.answer.payload)


def passes_warcio_check(path: Path) -> bool:
    command = type("Command", (), {"inputs": [str(path)], "verbose": False})
    return Checker(command).process_all() == 0


def test_a_payload_is_read_back_and_the_file_is_valid(tmp_path: Path) -> None:
    (row,) = archive(tmp_path, exchange(1, "年报".encode()))
    assert row.record_type == "response"
    assert read_payload(tmp_path, row.warc_file, row.warc_offset, 100) == "年报".encode()
    assert passes_warcio_check(tmp_path / row.warc_file)
    assert verify(tmp_path) == []
    (document,) = ArchiveIndex.open(tmp_path).documents()
    assert (document.url, document.listed_on, document.payload_bytes) == (URL, dt.date(2025, 1, 1), 6)
    assert (document.warc_file, document.warc_offset) == (row.warc_file, row.warc_offset)


def test_encoding_headers_are_kept_under_another_name(tmp_path: Path) -> None:
    (row,) = archive(tmp_path, exchange(1))
    with gzip.open(tmp_path / row.warc_file) as records:
        text = records.read()
    assert b"X-Archive-Orig-Content-Encoding: gzip" in text
    assert b"Content-Length: 13\r\n\r\n<p>report</p>" in text


def test_a_head_that_is_not_ascii_is_archived_byte_for_byte(tmp_path: Path) -> None:
    sent = exchange(1)
    assert sent.answer is not None
    head = (("X-\xe5", "a=\xe6\x88\x90; b=\u6210\x00"), ("X-Odd", "\ud800"), ("ETag", '"100%"'))
    answer = dataclasses.replace(
        sent.answer, http_reason="成功".encode().decode("latin-1"), request_headers=head, response_headers=head
    )
    (row,) = archive(tmp_path, dataclasses.replace(sent, answer=answer))
    with gzip.open(tmp_path / row.warc_file) as records:
        text = records.read()
    assert b"HTTP/1.1 200 %E6%88%90%E5%8A%9F\r\n" in text
    assert b"X-%E5: a=%C3%A6%C2%88%C2%90; b=%E6%88%90%00\r\n" in text
    assert b'ETag: "100%"\r\n' in text
    assert passes_warcio_check(tmp_path / row.warc_file)


def test_unchanged_and_unmodified_answers_are_revisits_and_no_transitions(tmp_path: Path) -> None:
    rows = archive(
        tmp_path,
        exchange(1),
        exchange(2),
        exchange(3, b"", FetchState.NOT_MODIFIED, 304),
        exchange(4, b"corrected"),
        exchange(5, b"", FetchState.NOT_MODIFIED, 304),
    )
    assert [row.record_type for row in rows] == ["response", "revisit", "revisit", "response", "revisit"]
    assert rows[4].payload_sha256 == rows[3].payload_sha256
    index = ArchiveIndex.open(tmp_path)
    assert [(fetch.fetched_at, fetch.fetch_state, fetch.asked_before_at) for fetch in index.transitions()] == [
        (at(1), "content", None),
        (at(4), "content", at(3)),
    ]
    assert [document.fetched_at for document in index.documents()] == [at(1), at(4)]
    content = index.latest_content(URL)
    assert content is not None
    assert read_payload(tmp_path, content.warc_file, content.warc_offset, 100) == b"corrected"
    assert passes_warcio_check(tmp_path / rows[0].warc_file)


def test_a_url_that_failed_in_between_comes_back_as_a_transition_to_the_same_payload(tmp_path: Path) -> None:
    rows = archive(
        tmp_path,
        exchange(1),
        exchange(2, None, FetchState.UNREACHABLE, reason="no answer"),
        exchange(3, None, FetchState.UNREACHABLE, reason="no answer"),
        exchange(4, b"", FetchState.NOT_MODIFIED, 304),
    )
    transitions = ArchiveIndex.open(tmp_path).transitions()
    assert [(fetch.fetched_at, fetch.fetch_state) for fetch in transitions] == [
        (at(1), "content"),
        (at(2), "unreachable"),
        (at(4), "content"),
    ]
    assert transitions[2].warc_offset == rows[0].warc_offset


def test_the_same_payload_at_another_url_is_another_document(tmp_path: Path) -> None:
    rows = archive(tmp_path, exchange(1), exchange(2, url=URL.replace("_1", "_2")))
    assert [row.record_type for row in rows] == ["response", "response"]
    assert len(ArchiveIndex.open(tmp_path).documents()) == 2


def test_listings_keep_refusals_and_the_first_sighting(tmp_path: Path) -> None:
    accepted = ListedEntry(URL, "示例市2024年年报", dt.date(2025, 1, 1), True, "body_then_year")
    refused = ListedEntry(URL + "?x", "解读", None, False, "interpretation")
    with writer(tmp_path) as warc:
        warc.write_listing("p", "http://h/l.html", [accepted], at(1))
        warc.write_listing("p", "http://h/l.html", [accepted, refused], at(2))
    index = ArchiveIndex.open(tmp_path)
    entries = {entry.title: entry for entry in index.entries()}
    assert entries["示例市2024年年报"].first_seen_at == at(1)
    assert entries["示例市2024年年报"].listed_on == dt.date(2025, 1, 1)
    assert entries["解读"].first_seen_at == at(2)
    assert not entries["解读"].is_accepted
    assert entries["解读"].title_rule == "interpretation"


def test_a_host_is_paused_from_its_refusal_until_it_answers_again(tmp_path: Path) -> None:
    archive(tmp_path, exchange(1, b"$_ts", FetchState.BLOCKED_JS, 412))
    assert ArchiveIndex.open(tmp_path).refused_until(HOST, 3600, at(7)) == at(61)
    assert ArchiveIndex.open(tmp_path).refused_until("other.example.gov.cn", 3600, at(7)) is None
    archive(tmp_path, exchange(5, None, FetchState.UNREACHABLE))
    assert ArchiveIndex.open(tmp_path).refused_until(HOST, 3600, at(7)) == at(61)
    assert ArchiveIndex.open(tmp_path).refused_until(HOST, 3600, at(61)) is None
    archive(tmp_path, exchange(6))
    assert ArchiveIndex.open(tmp_path).refused_until(HOST, 3600, at(7)) is None


def test_a_refusal_noted_by_a_clock_that_was_ahead_does_not_pause_a_host_for_years(tmp_path: Path) -> None:
    archive(tmp_path, exchange(60 * 24 * 365, b"$_ts", FetchState.BLOCKED_JS, 412))
    assert ArchiveIndex.open(tmp_path).refused_until(HOST, 3600, at(0)) is None
    archive(tmp_path, exchange(1, b"$_ts", FetchState.BLOCKED_JS, 412))
    assert ArchiveIndex.open(tmp_path).refused_until(HOST, 3600, at(2)) == at(61)
    archive(tmp_path, exchange(50, b"$_ts", FetchState.BLOCKED_JS, 412))  # a little ahead: twice the pause at most
    assert ArchiveIndex.open(tmp_path).refused_until(HOST, 3600, at(2)) == at(110)


def test_each_cut_of_the_last_exchange_loses_only_that_exchange(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    archive(whole, exchange(1), exchange(2, b"second", url=URL + "?2"))
    (warc,) = warc_files(whole)
    data = warc.read_bytes()
    ends = [member.end for member in _members(warc)]
    seal_of_first, total = ends[3], len(data)
    for cut in sorted({seal_of_first + 1, ends[4] - 1, ends[4], ends[4] + 5, ends[5], total - 1}):
        folder = tmp_path / f"cut-{cut}"
        folder.mkdir()
        torn = folder / warc.name
        torn.write_bytes(data[:cut])
        index = ArchiveIndex.open(folder)
        assert [document.url for document in index.documents()] == [URL], cut
        saved = torn.with_name(torn.name + ".torn")
        lost = saved.read_bytes() if saved.exists() else b""
        assert torn.read_bytes() + lost == data[:cut]
        assert bool(index.problems) == bool(lost)
        assert passes_warcio_check(torn)
        assert ArchiveIndex.open(folder).documents() == index.documents()


def _members(path: Path) -> list:
    from flows.archive.members import members

    return list(members(path))


def test_damage_in_the_middle_is_named_and_nothing_is_cut(tmp_path: Path) -> None:
    rows = archive(tmp_path, exchange(1, os.urandom(400)), exchange(2, b"second", url=URL + "?2"))
    warc = tmp_path / rows[0].warc_file
    data = bytearray(warc.read_bytes())
    data[rows[0].warc_offset + 300] ^= 0xFF
    warc.write_bytes(data)
    index = ArchiveIndex.open(tmp_path)
    assert [document.url for document in index.documents() if document.url != URL] == [URL + "?2"]
    assert "is damaged" in index.problems[0]
    assert warc.stat().st_size == len(data)
    assert ArchiveIndex.open(tmp_path).problems == index.problems
    assert verify(tmp_path)


def test_a_torn_end_is_told_with_what_to_do_and_is_gone_then(tmp_path: Path) -> None:
    rows = archive(tmp_path, exchange(1), exchange(2, b"second", url=URL + "?2"))
    warc = tmp_path / rows[0].warc_file
    with warc.open("r+b") as file:
        file.truncate(warc.stat().st_size - 5)
    (problem,) = verify(tmp_path)
    assert "holds no whole record: a run was killed while it wrote there" in problem
    assert "gongkai archive entries" in problem
    ArchiveIndex.open(tmp_path)
    assert verify(tmp_path) == []


@pytest.mark.parametrize(("is_link", "what"), [(True, "is a link that leads nowhere"), (False, "is no file")])
def test_what_is_named_like_a_file_of_the_archive_and_is_none_is_told(
    tmp_path: Path, is_link: bool, what: str
) -> None:
    archive(tmp_path, exchange(1))
    odd = tmp_path / "gongkai-odd.warc.gz"
    odd.symlink_to(tmp_path / "gone") if is_link else odd.mkdir()
    for look in (verify, ArchiveIndex.open):
        with pytest.raises(ArchiveError, match=f"{what}.*move it out of the archive"):
            look(tmp_path)


def test_a_record_that_was_changed_is_not_handed_out(tmp_path: Path) -> None:
    (row,) = archive(tmp_path, exchange(1))
    warc = tmp_path / row.warc_file
    member = next(m for m in _members(warc) if m.offset == row.warc_offset)
    forged = io.BytesIO()
    with gzip.GzipFile(fileobj=forged, mode="wb") as sink:
        sink.write(member.content.replace(b"<p>report</p>", b"<p>rep0rt</p>"))
    data = warc.read_bytes()
    warc.write_bytes(data[: member.offset] + forged.getvalue() + data[member.end :])
    with pytest.raises(ArchiveError, match="does not match its digest"):
        read_payload(tmp_path, row.warc_file, row.warc_offset, 100)
    assert any("digest" in problem for problem in verify(tmp_path))


def test_a_payload_beyond_the_limit_and_a_missing_file_are_told(tmp_path: Path) -> None:
    (row,) = archive(tmp_path, exchange(1))
    with pytest.raises(ArchiveError, match="more than 12 bytes"):
        read_payload(tmp_path, row.warc_file, row.warc_offset, 12)
    assert read_payload(tmp_path, row.warc_file, row.warc_offset, 13) == b"<p>report</p>"
    with pytest.raises(ArchiveError, match="is not there"):
        read_payload(tmp_path, "gone.warc.gz", 0, 12)


def test_files_rotate_by_size_and_the_index_spans_them(tmp_path: Path) -> None:
    index = ArchiveIndex.open(tmp_path)
    with writer(tmp_path, warc_bytes=1) as warc:
        for number in range(3):
            index.add(warc.write(exchange(number, os.urandom(50), url=f"{URL}?{number}")))
    assert len(warc_files(tmp_path)) == 3
    before = index.documents()
    index.refresh()
    assert index.documents() == before == ArchiveIndex.open(tmp_path).documents()
    assert len(list((tmp_path / "index").glob("*.parquet"))) == 3


def test_a_broken_or_stale_index_file_is_made_anew(tmp_path: Path) -> None:
    archive(tmp_path, exchange(1))
    before = ArchiveIndex.open(tmp_path).documents()
    (parquet,) = (tmp_path / "index").glob("*.parquet")
    whole = parquet.read_bytes()
    for broken in (b"", whole[:-9], b"PAR1 no parquet PAR1"):
        parquet.write_bytes(broken)
        assert ArchiveIndex.open(tmp_path).documents() == before
        assert parquet.read_bytes() == whole


def test_a_file_that_another_process_writes_is_left_alone_until_it_dies(tmp_path: Path) -> None:
    script = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tests.unit.test_archive_index import exchange, writer
warc = writer(Path({str(tmp_path)!r}))
warc.write(exchange(1))
print("written", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "written\n"
        assert ArchiveIndex.open(tmp_path).documents() == []
        archive(tmp_path, exchange(2, b"mine", url=URL + "?mine"))
        assert [document.url for document in ArchiveIndex.open(tmp_path).documents()] == [URL + "?mine"]
        other.kill()
    assert [document.url for document in ArchiveIndex.open(tmp_path).documents()] == [URL, URL + "?mine"]


def test_a_failed_write_leaves_no_half_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.archive.writer.io.FileIO", _FailingFile)
    with writer(tmp_path) as warc:
        warc.write(exchange(1))
        _FailingFile.is_failing = True
        with pytest.raises(KeyboardInterrupt):
            warc.write(exchange(2, b"second", url=URL + "?2"))
        _FailingFile.is_failing = False
        warc.write(exchange(3, b"third", url=URL + "?3"))
    index = ArchiveIndex.open(tmp_path)
    assert index.problems == []
    assert [document.url for document in index.documents()] == [URL, URL + "?3"]


class _FailingFile(io.FileIO):
    """Writes a half and is interrupted, when it is told to."""

    is_failing = False

    def write(self, data: Any) -> int:
        if not self.is_failing:
            return super().write(data)
        super().write(bytes(data)[: len(bytes(data)) // 2])
        raise KeyboardInterrupt


def test_after_a_failed_sync_nothing_more_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(handle: int) -> None:
        raise OSError("the disk is gone")

    warc = writer(tmp_path)
    warc.write(exchange(0))
    monkeypatch.setattr("flows.archive.writer.os.fsync", fail)
    with pytest.raises(ArchiveError, match="a sync failed: the disk is gone"):
        for number in range(1, 1000):  # the thread that syncs finds it out while others go on
            warc.write(exchange(number, b"%d" % number, url=f"{URL}?{number}"))
            time.sleep(0.01)
    monkeypatch.undo()
    for attempt in (lambda: warc.write(exchange(1001)), warc.close):
        with pytest.raises(ArchiveError, match="a sync failed"):
            attempt()
    archive(tmp_path, exchange(1002, b"later", url=URL + "?later"))
    index = ArchiveIndex.open(tmp_path)
    assert index.problems == []  # what was written is whole
    assert {URL, URL + "?later"} <= {document.url for document in index.documents()}


def test_all_is_on_disk_when_the_writer_is_closed_and_one_sync_serves_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []

    def sync(handle: int) -> None:
        size = os.fstat(handle).st_size
        time.sleep(0.02)  # others write meanwhile
        synced.append(size)

    with writer(tmp_path) as warc:
        row = warc.write(exchange(0))
        monkeypatch.setattr("flows.archive.writer.os.fsync", sync)

        def one(number: int) -> None:
            warc.write(exchange(number, b"%d" % number, url=f"{URL}?{number}"))

        with ThreadPoolExecutor(16) as threads:
            list(threads.map(one, range(1, 49)))
    assert synced[-1] == (tmp_path / row.warc_file).stat().st_size
    assert len(synced) < 40


def test_what_was_written_survives_a_kill(tmp_path: Path) -> None:
    script = f"""
import os, signal, sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from tests.unit.test_archive_index import exchange, writer
warc = writer(Path({str(tmp_path)!r}))
for number in range(20):
    warc.write(exchange(number, b"%d" % number, url="http://h/%d" % number))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
    index = ArchiveIndex.open(tmp_path)
    assert index.problems == []
    assert len(index.documents()) == 20
    assert verify(tmp_path) == []


def test_an_unwritable_archive_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("a file where the folder should be")
    with pytest.raises(ArchiveError, match="cannot be written"), writer(tmp_path / "archive") as warc:
        warc.write(exchange(1))


def test_a_foreign_metadata_record_is_named(tmp_path: Path) -> None:
    (row,) = archive(tmp_path, exchange(1))
    warc = tmp_path / row.warc_file
    record = b"WARC/1.1\r\nWARC-Type: metadata\r\nContent-Length: 2\r\n\r\n[]\r\n\r\n"
    with warc.open("ab") as sink:
        sink.write(gzip.compress(record))
    rows, damages = scan(warc)
    assert len(rows) == 1
    assert not damages[0].is_tail


def test_a_form_is_part_of_what_an_answer_is_known_by() -> None:
    assert url_key("GET", "http://h/a") == "http://h/a"
    assert url_key("POST", "http://h/a", "page=2") == "http://h/a#POST:page=2"


def test_threads_share_a_writer_and_an_index(tmp_path: Path) -> None:
    index = ArchiveIndex.open(tmp_path)
    with writer(tmp_path, warc_bytes=20_000) as warc, ThreadPoolExecutor(8) as threads:

        def archive_one(number: int) -> None:
            index.add(warc.write(exchange(number, f"page {number}".encode(), url=f"{URL}?{number}")))

        list(threads.map(archive_one, range(200)))
    live = index.documents()
    index.refresh()
    assert len(warc_files(tmp_path)) > 1
    assert live == index.documents() == ArchiveIndex.open(tmp_path).documents()
    assert len(live) == 200
    assert verify(tmp_path) == []


def test_opening_again_reads_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path, exchange(1))
    ArchiveIndex.open(tmp_path)
    read: list[str] = []

    def counted(parquet: Path) -> list[IndexRow]:
        read.append(parquet.name)
        return list(rows_of(parquet))

    monkeypatch.setattr("flows.archive.indexing.rows_of", counted)
    ArchiveIndex.open(tmp_path)
    assert read == []
    (row,) = archive(tmp_path, exchange(2, b"second", url=URL + "?2"))
    assert len(ArchiveIndex.open(tmp_path).documents()) == 2
    assert read == [f"{row.warc_file}.parquet"]


@pytest.mark.parametrize("garbage", [b"", b"no database", b"SQLite format 3\0" + b"x" * 5000])
def test_a_broken_table_of_rows_is_made_anew(tmp_path: Path, garbage: bytes) -> None:
    archive(tmp_path, exchange(1))
    before = ArchiveIndex.open(tmp_path).documents()
    for table in (tmp_path / "index").glob("rows.sqlite*"):
        table.unlink()
    (tmp_path / "index" / "rows.sqlite").write_bytes(garbage)
    assert ArchiveIndex.open(tmp_path).documents() == before


def test_a_table_of_rows_that_another_process_holds_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(tmp_path, exchange(1))
    table = tmp_path / "index" / "rows.sqlite"
    before = table.stat().st_ino
    monkeypatch.setattr("flows.archive.table.BUSY_SECONDS", 0.05)
    holding = sqlite3.connect(table, isolation_level=None)
    holding.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError, match="held by another process"):
        ArchiveIndex.open(tmp_path)
    holding.close()
    assert table.stat().st_ino == before
    assert len(ArchiveIndex.open(tmp_path).documents()) == 1


def test_an_archive_that_may_only_be_read_is_read() -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive(Path(folder), exchange(1))
        ArchiveIndex.open(Path(folder)).close()
        with only_reading(Path(folder)):
            index = ArchiveIndex.open(Path(folder))
            assert len(index.documents()) == 1
            assert [row.url for row in index.answers(URL)] == [URL]
            with pytest.raises(ArchiveError, match="cannot be used"):
                index.add(index.answers(URL)[0])
        assert len(ArchiveIndex.open(Path(folder)).documents()) == 1


@contextmanager
def only_reading(folder: Path) -> Iterator[None]:
    """This process may read below a folder and not write; the administrator is somebody else meanwhile."""
    before = os.geteuid()
    folders = [folder, folder / "index"]
    for one in folders:
        one.chmod(0o555)
    for file in folder.rglob("*.*"):
        file.chmod(0o444)
    os.seteuid(65534 if before == 0 else before)
    try:
        yield
    finally:
        os.seteuid(before)
        for one in folders:
            one.chmod(0o755)
        for file in folder.rglob("*.*"):
            file.chmod(0o644)


def test_a_refusal_in_the_archive_beside_counts_until_the_host_answers_otherwise(tmp_path: Path) -> None:
    archive(tmp_path / "probes", exchange(5, b"$_ts", FetchState.BLOCKED_JS, 412))
    archive(tmp_path / "own", exchange(1))
    index = ArchiveIndex.open(tmp_path / "own", beside=tmp_path / "probes")
    assert index.refused_until(HOST, 3600, at(7)) == at(65)
    assert ArchiveIndex.open(tmp_path / "own", beside=tmp_path / "none").refused_until(HOST, 3600, at(7)) is None
    archive(tmp_path / "own", exchange(6))
    index.refresh()
    assert index.refused_until(HOST, 3600, at(7)) is None
    index.close()


def test_rows_of_a_file_that_is_gone_are_forgotten(tmp_path: Path) -> None:
    first, second = (archive(tmp_path, exchange(number, url=f"{URL}?{number}"))[0] for number in (1, 2))
    assert len(ArchiveIndex.open(tmp_path).documents()) == 2
    (tmp_path / first.warc_file).unlink()
    (document,) = ArchiveIndex.open(tmp_path).documents()
    assert document.warc_file == second.warc_file


def test_processes_side_by_side_know_of_each_others_refusals(tmp_path: Path) -> None:
    mine, other = ArchiveIndex.open(tmp_path), ArchiveIndex.open(tmp_path)
    with writer(tmp_path) as warc:
        mine.add(warc.write(exchange(1, b"$_ts", FetchState.BLOCKED_JS, 412)))
        assert other.refused_until(HOST, 3600, at(7)) == at(61)


def test_rows_of_two_portals_are_told_apart(tmp_path: Path) -> None:
    archive(tmp_path, exchange(1), exchange(2, b"", FetchState.GONE, 404, portal_id="q"))
    index = ArchiveIndex.open(tmp_path)
    states = {portal_id: row.fetch_state for portal_id in "pqr" if (row := index.latest(portal_id, URL))}
    assert states == {"p": "content", "q": "gone"}
    assert [(fetch.portal_id, fetch.fetch_state) for fetch in index.transitions()] == [
        ("p", "content"),
        ("q", "gone"),
    ]
    content = index.latest_content(URL)
    assert content is not None and content.portal_id == "p"
    assert index.first_content_at(URL) == at(1)


def test_a_set_of_pictures_is_a_document_whose_pictures_are_none(tmp_path: Path) -> None:
    def picture(minute: int, name: str, payload: bytes) -> Exchange:
        url = f"http://{HOST}/nb/{name}"
        return exchange(minute, payload, url=url, entry_url=URL, fetch_role=FetchRole.PICTURE)

    one, two = picture(2, "b.jpg", b"one"), picture(3, "a.jpg", b"two")
    archive(tmp_path, exchange(1), one, two)
    named = tuple((made.url, sha256(made.answer.payload)) for made in (one, two) if made.answer)
    shown = PictureSet("p", URL, "示例市2024年年报", None, (*named, (f"http://{HOST}/nb/gone.jpg", "0" * 64)), at(4))
    with writer(tmp_path) as warc:
        row = warc.write_pictures(shown)
    index = ArchiveIndex.open(tmp_path)
    page, pictures = index.documents()
    assert (page.url, page.pictures) == (URL, ())
    assert (pictures.url, pictures.entry_url, pictures.list_title) == (f"{URL}#pictures", URL, "示例市2024年年报")
    assert (pictures.warc_file, pictures.warc_offset) == (row.warc_file, row.warc_offset)
    assert read_payload(tmp_path, row.warc_file, row.warc_offset, 1000) == shown.payload
    *there, gone = pictures.pictures
    assert [read_payload(tmp_path, one.warc_file, one.warc_offset, 10) for one in there] == [b"one", b"two"]
    assert gone.warc_file == "" and index.versions(URL) == [page, pictures]
    assert all(passes_warcio_check(warc) for warc in warc_files(tmp_path))


def test_an_index_file_from_before_a_column_is_read_without_it(tmp_path: Path) -> None:
    archive(tmp_path, exchange(1, link_name="年报.pdf", page_metadata_json='{"title": "年报"}'))
    ArchiveIndex.open(tmp_path).close()
    (path,) = (tmp_path / "index").glob("*.parquet")
    written = pq.read_table(path)
    pq.write_table(written.drop_columns(["link_name", "file_name", "page_metadata_json"]), path)
    modified = path.stat().st_mtime_ns
    for made in (tmp_path / "index").glob("rows.sqlite*"):
        made.unlink()
    row = ArchiveIndex.open(tmp_path).latest("p", URL)
    assert row is not None
    assert (row.link_name, row.page_metadata_json, row.fetch_state) == (None, None, "content")
    assert path.stat().st_mtime_ns == modified
    pq.write_table(written.drop_columns(["fetch_state"]), path)  # no column that was there from the beginning
    for made in (tmp_path / "index").glob("rows.sqlite*"):
        made.unlink()
    row = ArchiveIndex.open(tmp_path).latest("p", URL)
    assert row is not None
    assert (row.link_name, row.page_metadata_json) == ("年报.pdf", '{"title": "年报"}')

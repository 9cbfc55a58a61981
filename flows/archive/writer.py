"""Writing WARC 1.1: one gzip member a record, one exchange at a time, written before anyone looks inside it.

What was written a killed process cannot lose. A thread syncs it at once, for all exchanges that have come meanwhile;
what a power cut takes of the last moment is not in the index when that is made again, so it is asked for again.

An exchange is written as the request and response records of each redirect and of the answer, and last a `metadata`
record (JSON, `rows.IndexRow`) that says what became of it. The metadata record is the seal: an exchange without one
was interrupted and does not count.

Payloads are stored decoded. Where a content or transfer encoding was taken off, the headers that described it
(`Content-Encoding`, `Transfer-Encoding`, `Content-Length`) are kept under `X-Archive-Orig-*`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import fcntl
import io
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

from flows.archive.blocks import Block
from flows.archive.exchange import ArchiveError, BroughtFile, Exchange, PictureSet
from flows.archive.members import PREFIX
from flows.archive.rows import IndexRow, ListedEntry, brought_row, exchange_row, listing_row, picture_set_row
from flows.records import FetchState


def utc_now() -> dt.datetime:
    """The time, for a writer that is given no other clock."""
    return dt.datetime.now(dt.UTC)


class ArchiveWriter:
    """Appends to a WARC file of its own, which it holds locked; may be shared by threads.

    Args:
        folder: the archive; made when missing.
        warc_bytes: a file is closed and a new one begun beyond this size.
        user_agent: who collects, for the warcinfo record.
        now: the clock that names the files.

    Raises:
        ArchiveError: the folder or the disk refuses.
    """

    def __init__(
        self, folder: Path, *, warc_bytes: int, user_agent: str, now: Callable[[], dt.datetime] = utc_now
    ) -> None:
        self._folder = folder
        self._warc_bytes = warc_bytes
        self._user_agent = user_agent
        self._now = now
        self._lock = threading.Lock()
        self._warc: _OpenWarc | None = None
        self._sequence = 0

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the current file and let go of its lock."""
        try:
            with self._lock:
                self._close()
        except OSError as fault:
            raise self._unwritable(fault) from fault

    def write(self, exchange: Exchange, original: IndexRow | None = None) -> IndexRow:
        """Archive one exchange.

        Args:
            exchange: what was asked and answered.
            original: where the same payload of the same URL already lies; the answer is then a `revisit` record.

        Returns:
            The exchange's row, with its place in the archive.
        """
        is_unmodified = exchange.fetch_state is FetchState.NOT_MODIFIED
        row = exchange_row(exchange, original if is_unmodified else None)
        is_revisit = original is not None and (is_unmodified or original.payload_sha256 == row.payload_sha256)
        block = Block()
        for hop in exchange.redirects:
            block.pair(hop, exchange.fetched_at, None, is_unmodified=False)
        answer_id = None
        if exchange.answer is not None:
            answer_id = block.pair(
                exchange.answer,
                exchange.fetched_at,
                original if is_revisit else None,
                is_unmodified=is_unmodified,
            )
        record_type = None if exchange.answer is None else "revisit" if is_revisit else "response"
        return self._append(block, dataclasses.replace(row, record_type=record_type), answer_id)

    def write_file(self, file: BroughtFile) -> IndexRow:
        """Archive a file that was brought in by hand, as a resource record."""
        return self._append_resource(brought_row(file), file.payload)

    def write_pictures(self, pictures: PictureSet) -> IndexRow:
        """Archive which pictures make one report, as a resource record that names them."""
        return self._append_resource(picture_set_row(pictures), pictures.payload)

    def write_listing(
        self, portal_id: str, list_url: str, entries: Iterable[ListedEntry] | None, listed_at: dt.datetime
    ) -> IndexRow:
        """Archive what a list page listed, as a metadata record beside the page; None: the same as the last time."""
        return self._append(Block(), listing_row(portal_id, list_url, entries, listed_at), None)

    def _append_resource(self, row: IndexRow, payload: bytes) -> IndexRow:
        block = Block()
        return self._append(block, row, block.resource(row, payload))

    def _append(self, block: Block, row: IndexRow, answer_id: str | None) -> IndexRow:
        seal_offset = block.metadata(row, answer_id)
        data = block.data()
        try:
            with self._lock:
                warc = self._warc = self._warc or self._open()
                start = warc.append(data)
                if warc.bytes_written >= self._warc_bytes:
                    self._close()
        except OSError as fault:
            raise self._unwritable(fault) from fault
        offset = start + (seal_offset if answer_id is None else block.offset_of[answer_id])
        return dataclasses.replace(row, warc_file=warc.name, warc_offset=offset)

    def _open(self) -> _OpenWarc:
        self._folder.mkdir(parents=True, exist_ok=True)
        began = self._now().astimezone(dt.UTC)
        stem = f"{PREFIX}{began:%Y%m%dT%H%M%S%fZ}-{os.getpid()}"
        self._sequence += 1
        while (path := self._folder / f"{stem}-{self._sequence:04d}.warc.gz").exists():
            self._sequence += 1
        warc = _OpenWarc(path)
        try:
            block = Block()
            block.info(path.name, began, self._user_agent)
            warc.append(block.data())
            warc.sync()
            _sync_folder(self._folder)
        except BaseException:
            warc.close()
            raise
        return warc

    def _unwritable(self, fault: OSError) -> ArchiveError:
        return ArchiveError(f"The archive {self._folder} cannot be written ({fault}): make room or give access.")

    def _close(self) -> None:
        warc, self._warc = self._warc, None
        if warc is not None:
            warc.close()


class _OpenWarc:
    """The file that is being written, locked, with a thread that syncs it. Not safe to share without a lock."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.bytes_written = 0
        self._file = io.FileIO(path, "x")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._fault: OSError | None = None
        self._is_closing = False
        self._is_unsynced = threading.Event()
        self._syncing = threading.Thread(target=self._keep_synced, name=f"sync {path.name}", daemon=True)
        self._syncing.start()

    def append(self, data: bytes) -> int:
        """Write at the end, and say where; whatever interrupts, nothing half stays behind a process that lives on.

        Raises:
            OSError: this write failed, or the sync of an earlier one; no later sync would know what that has lost.
        """
        self._stop_when_lost()
        start = self.bytes_written
        try:
            view = memoryview(data)
            while view:
                view = view[self._file.write(view) or 0 :]
        except BaseException:
            self._file.truncate(start)
            self._file.seek(start)
            raise
        self.bytes_written += len(data)
        self._is_unsynced.set()
        return start

    def sync(self) -> None:
        """Come back when all that was written is on disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Sync the rest, and let go of the lock."""
        self._is_closing = True
        self._is_unsynced.set()
        self._syncing.join()
        self._file.close()
        self._stop_when_lost()

    def _keep_synced(self) -> None:
        is_last = False
        while not is_last:
            self._is_unsynced.wait()
            self._is_unsynced.clear()
            is_last = self._is_closing
            try:
                self.sync()
            except OSError as fault:
                self._fault = fault
                return

    def _stop_when_lost(self) -> None:
        if self._fault is not None:
            raise OSError(f"a sync failed: {self._fault}") from self._fault


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

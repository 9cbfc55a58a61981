"""The WARC records of one exchange, put together in memory so that they can be written at once."""

from __future__ import annotations

import datetime as dt
import io
import zlib
from typing import Any
from urllib.parse import quote, urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from flows.archive.exchange import Answer, sha256
from flows.archive.rows import IndexRow, to_metadata

UNMODIFIED_PROFILE = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
GZIP_BITS = 16 + zlib.MAX_WBITS
ENCODING_HEADERS = frozenset({"content-encoding", "transfer-encoding", "content-length"})
ASCII = "".join(map(chr, range(0x20, 0x7F)))


class _Writer(WARCWriter):  # type: ignore[misc]
    """warcio's writer with the digest that the rest of the archive uses."""

    @staticmethod
    def _create_digester() -> Digester:
        return Digester("sha256")


class Block:
    """A run of records that belong together."""

    def __init__(self) -> None:
        self._sink = io.BytesIO()
        self._plain = io.BytesIO()
        self._writer = _Writer(self._plain, gzip=False, warc_version="1.1")
        self.offset_of: dict[str, int] = {}
        """Offset of a response record within the block, by record id."""

    def data(self) -> bytes:
        """The records, one gzip member each."""
        return self._sink.getvalue()

    def info(self, name: str, began: dt.datetime, user_agent: str) -> None:
        """The warcinfo record that a file begins with."""
        about = {
            "software": user_agent,
            "format": "WARC File Format 1.1",
            "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "robots": "classic",
        }
        record = self._writer.create_warcinfo_record(name, about)
        record.rec_headers.replace_header("WARC-Date", _warc_date(began))
        self._add(record)

    def pair(self, answer: Answer, asked_at: dt.datetime, original: IndexRow | None, *, is_unmodified: bool) -> str:
        """Response (or revisit) and request record; returns the id of the first."""
        response = self._revisit(answer, asked_at, original, is_unmodified=is_unmodified) if original else None
        response = response or self._response(answer, asked_at)
        record_id = str(response.rec_headers.get_header("WARC-Record-ID"))
        self.offset_of[record_id] = self._sink.tell()
        self._add(response)
        self._add(self._request(answer, asked_at, record_id))
        return record_id

    def resource(self, row: IndexRow, payload: bytes) -> str:
        """The record of what no host has answered; returns its id."""
        record = self._writer.create_warc_record(
            row.url,
            "resource",
            payload=io.BytesIO(payload),
            length=len(payload),
            warc_content_type=row.content_type,
            warc_headers_dict={
                "WARC-Date": _warc_date(row.fetched_at),
                "WARC-Payload-Digest": f"sha256:{sha256(payload)}",
            },
        )
        record_id = str(record.rec_headers.get_header("WARC-Record-ID"))
        self.offset_of[record_id] = self._sink.tell()
        self._add(record)
        return record_id

    def metadata(self, row: IndexRow, concurrent_to: str | None) -> int:
        """The seal; returns its offset within the block."""
        offset = self._sink.tell()
        payload = to_metadata(row)
        headers = {"WARC-Date": _warc_date(row.fetched_at)}
        if concurrent_to:
            headers["WARC-Concurrent-To"] = concurrent_to
        self._add(
            self._writer.create_warc_record(
                row.url.split("#", 1)[0],
                "metadata",
                payload=io.BytesIO(payload),
                length=len(payload),
                warc_content_type="application/json",
                warc_headers_dict=headers,
            )
        )
        return offset

    def _add(self, record: Any) -> None:  # noqa: ANN401 - warcio is untyped
        """One member, packed in one go: each call of zlib lets another thread have the interpreter."""
        self._writer.write_record(record)
        with self._plain.getbuffer() as plain:
            self._sink.write(zlib.compress(plain, wbits=GZIP_BITS))
        self._plain.seek(0)
        self._plain.truncate()

    def _response(self, answer: Answer, asked_at: dt.datetime) -> Any:  # noqa: ANN401 - warcio is untyped
        headers = {"WARC-Date": _warc_date(asked_at), "WARC-Payload-Digest": f"sha256:{answer.payload_sha256}"}
        if answer.truncated:
            headers["WARC-Truncated"] = answer.truncated
        return self._writer.create_warc_record(
            answer.url,
            "response",
            payload=io.BytesIO(answer.payload),
            length=len(answer.payload),
            http_headers=_response_head(answer),
            warc_headers_dict=headers,
        )

    def _revisit(self, answer: Answer, asked_at: dt.datetime, original: IndexRow, *, is_unmodified: bool) -> Any:  # noqa: ANN401 - warcio is untyped
        record = self._writer.create_revisit_record(
            answer.url,
            f"sha256:{original.payload_sha256}",
            original.final_url or original.url,
            _warc_date(original.fetched_at),
            http_headers=_response_head(answer),
            warc_headers_dict={"WARC-Date": _warc_date(asked_at)},
        )
        if is_unmodified:
            record.rec_headers.replace_header("WARC-Profile", UNMODIFIED_PROFILE)
        return record

    def _request(self, answer: Answer, asked_at: dt.datetime, response_id: str) -> Any:  # noqa: ANN401 - untyped
        parts = urlsplit(answer.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return self._writer.create_warc_record(
            answer.url,
            "request",
            payload=io.BytesIO(answer.request_body),
            length=len(answer.request_body),
            http_headers=StatusAndHeaders(
                f"{answer.method} {_ascii(target)} HTTP/1.1",
                [(_ascii(name), _ascii(value)) for name, value in answer.request_headers],
                is_http_request=True,
            ),
            warc_headers_dict={"WARC-Date": _warc_date(asked_at), "WARC-Concurrent-To": response_id},
        )


def _response_head(answer: Answer) -> Any:  # noqa: ANN401 - warcio is untyped
    headers = []
    for name, value in answer.response_headers:
        was_taken_off = answer.is_decoded and name.lower() in ENCODING_HEADERS
        headers.append((_ascii(f"X-Archive-Orig-{name}" if was_taken_off else name), _ascii(value)))
    if answer.is_decoded:
        headers.append(("Content-Length", str(len(answer.payload))))
    reason = _ascii(answer.http_reason)
    return StatusAndHeaders(f"{answer.http_status} {reason}".strip(), headers, protocol=answer.http_version)


def _ascii(text: str) -> str:
    """A line of a head as a WARC file can hold it: every byte that is no visible ASCII as `%XX`.

    Heads are read as Latin-1 (RFC 9110, 5.5), so that the bytes are those that were sent; what is none is UTF-8.
    """
    try:
        sent = text.encode("latin-1")
    except UnicodeEncodeError:
        sent = text.encode("utf-8", "replace")
    return quote(sent, safe=ASCII)


def _warc_date(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

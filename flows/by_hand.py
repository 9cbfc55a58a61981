"""Bringing in by hand what a person saved from a portal that refuses machines, with the same provenance."""

from __future__ import annotations

import datetime as dt
import mimetypes
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from flows.archive.exchange import FILE, BroughtFile, sha256
from flows.archive.index import ArchiveIndex
from flows.archive.rows import IndexRow
from flows.archive.writer import ArchiveWriter
from flows.errors import InputError
from flows.records import FetchRole, FetchState
from flows.settings import Settings

BY_HAND = "by-hand"
"""Portal of what was brought in by hand without a registered portal being named."""
OWN_CODE = re.compile(r"99\d{4}")


def ingest(
    paths: Sequence[Path],
    url: str,
    body_name: str,
    division_code: str,
    *,
    portal_id: str | None,
    settings: Settings,
    now: Callable[[], dt.datetime],
) -> tuple[list[IndexRow], list[Path]]:
    """Archive files as what an address published.

    Args:
        paths: the page first, then its files, if any.
        url: where the page was published.
        body_name: whose report it is.
        division_code: six digits of GB/T 2260, or 99xxxx.
        portal_id: the registered portal that lists it, if one does.
        settings: where the archive is, and limits.
        now: the clock.

    Returns:
        The rows of what was archived, and the files that the archive had already.

    Raises:
        InputError: a file, the address, the body or the division is not what it should be; nothing was archived.
    """
    address = _address(url, settings)
    _check_body(body_name, division_code, portal_id, settings)
    _check_names(paths)
    payloads = [_payload(path, address, settings) for path in paths]
    index = ArchiveIndex.open(settings.archive)
    rows: list[IndexRow] = []
    known: list[Path] = []
    with ArchiveWriter(settings.archive, warc_bytes=settings.warc_bytes, user_agent=settings.user_agent) as writer:
        for number, (path, payload) in enumerate(zip(paths, payloads, strict=True)):
            file = BroughtFile(
                portal_id=portal_id or BY_HAND,
                url=address if number == 0 else f"{address}{FILE}{quote(path.name)}",
                entry_url=address,
                fetch_role=FetchRole.PAGE if number == 0 else FetchRole.ATTACHMENT,
                reason=f"brought in by hand from {path.name}",
                content_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
                payload=payload,
                body_name=body_name.strip(),
                division_code=division_code,
                brought_at=now(),
            )
            if index.payload_row(file.url, sha256(payload)) is not None:
                known.append(path)
                continue
            rows.append(writer.write_file(file))
            index.add(rows[-1])
    return rows, known


def _address(url: str, settings: Settings) -> str:
    from flows.portals.addresses import AddressError, canonical, host_of, is_governmental

    try:
        address = canonical(url)
    except AddressError as fault:
        raise InputError(f"--url: {fault}; write the address as a browser shows it.") from fault
    host = host_of(address)
    if not is_governmental(host) and host not in settings.private_hosts:
        raise InputError(f"--url: {host} is not under gov.cn; give the address of the original.")
    return address


def _check_body(body_name: str, division_code: str, portal_id: str | None, settings: Settings) -> None:
    from flows.formats import divisions
    from flows.portals.registration import chosen_portals

    if not body_name.strip():
        raise InputError("--body is empty: write whose report it is, such as 示例市人民政府.")
    if not OWN_CODE.fullmatch(division_code) and all(one.division_code != division_code for one in divisions()):
        raise InputError(
            f"--division: GB/T 2260 has no {division_code}; look it up in dbt_project/seeds/divisions.csv, or write "
            "99xxxx for what the list does not have."
        )
    if portal_id is not None:
        chosen_portals(settings.registry, [portal_id])


def _check_names(paths: Sequence[Path]) -> None:
    """Files of a page are known by their names, so that two of one name would count as two versions of one file."""
    twice = next((name for name, times in Counter(path.name for path in paths[1:]).items() if times > 1), None)
    if twice is not None:
        raise InputError(f"Two of the files are called {twice}, by which the archive knows them: rename one.")


def _payload(path: Path, address: str, settings: Settings) -> bytes:
    from flows.documents.detect import READABLE, detect_format
    from flows.documents.document import UnreadableDocument
    from flows.portals.responses import Seen, classify

    try:
        if path.stat().st_size > settings.document_bytes:
            raise InputError(
                f"{path} is larger than {settings.document_bytes} bytes; raise GONGKAI_DOCUMENT_BYTES to bring it in."
            )
        payload = path.read_bytes()
    except OSError as fault:
        raise InputError(f"{path} cannot be read: {(fault.strerror or str(fault)).lower()}.") from fault
    try:
        kind = detect_format(payload)
    except UnreadableDocument as fault:
        raise InputError(f"{path}: {fault}") from fault
    if kind not in READABLE:
        raise InputError(f"{path} is a {kind}, which is not read; save the page or its PDF or DOCX.")
    # a scan is what it is, wherever it stands, and what a person saved as text is a text
    role = FetchRole.PAGE if kind in ("html", "text") else FetchRole.ATTACHMENT
    seen = Seen(role, address, address, 200, None, None, payload, sha256(payload))
    state, reason = classify(seen, {})
    if state is not FetchState.CONTENT:
        raise InputError(f"{path} is no report but what a portal puts in its place ({state}: {reason}).")
    return payload

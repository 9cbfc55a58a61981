"""Zip archives: the member that holds the report's tables, or pictures that make one report together.

Members are read in memory and never written anywhere, so no path in an archive can lead outside.
"""

from __future__ import annotations

import dataclasses
import re
import zipfile
import zlib
from pathlib import PurePosixPath

from flows.documents.detect import detect_format
from flows.documents.document import Document, Grid, UnreadableDocument
from flows.documents.limits import Limits
from flows.documents.unpacking import refuse_bombs
from flows.documents.xml_parts import broken_package, open_package
from flows.records import ReadState

_MEMBERS_MOST = 60
_UTF8_NAME = 0x800
_SKIPPED = re.compile(r"(?:^|/)(?:__MACOSX/|\.(?!\.)|~\$|Thumbs\.db$|desktop\.ini$)")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
_DIGITS = re.compile(r"(\d+)")


def read_package(payload: bytes, limits: Limits) -> Document:
    """Document of the member with the most table cells; pictures count as one, in the order of their names.

    The document's metadata name the member. An archive inside the archive is not opened. Raises `UnreadableDocument`
    for a broken, encrypted or swollen archive, and for one without a member that can be read.
    """
    members = _members(payload, limits)
    pictures: dict[str, bytes] = {}
    read: list[Document] = []
    refused: list[tuple[str, UnreadableDocument]] = []
    for name, content in members.items():
        try:
            if detect_format(content) == "image":
                pictures[name] = content
            else:
                read.append(_named(_read(content, limits), name))
        except UnreadableDocument as error:
            refused.append((name, error))
    if pictures and not any(_cell_count(document) for document in read):
        from flows.documents.picture import read_pictures

        try:
            read.append(_named(read_pictures(list(pictures.values()), limits), next(iter(pictures))))
        except UnreadableDocument as error:
            refused.append((next(iter(pictures)), error))
    if read:
        return max(read, key=_cell_count)  # the first of those alike
    if refused:
        name, refusal = refused[0]
        reason = f"Of {len(members)} files in the archive none can be read; {name}: {refusal}"
        raise UnreadableDocument(reason, refusal.read_state)
    raise UnreadableDocument("The archive holds no files.")


def _read(content: bytes, limits: Limits) -> Document:
    from flows.documents.reader import read_document

    if detect_format(content) == "zip":
        raise UnreadableDocument("It is an archive inside an archive, which is not opened.", ReadState.UNSUPPORTED)
    return read_document(content, limits)


def _members(payload: bytes, limits: Limits) -> dict[str, bytes]:
    """Contents by name, in the natural order of the names (2 before 10)."""
    refuse_bombs(payload, limits)
    members: dict[str, bytes] = {}
    with open_package(payload) as package:
        infos = [info for info in package.infolist() if not info.is_dir() and not _SKIPPED.search(member_name(info))]
        if len(infos) > _MEMBERS_MOST:
            raise UnreadableDocument(
                f"The archive holds {len(infos)} files, more than {_MEMBERS_MOST}, so it is not read.",
                ReadState.TOO_LARGE,
            )
        left = limits.document_bytes * 2
        for info in infos:
            try:
                with package.open(info) as part:
                    content = part.read(min(left, limits.document_bytes) + 1)
            except _BROKEN as error:
                raise broken_package(error) from error
            left -= len(content)
            if left < 0 or len(content) > limits.document_bytes:
                raise UnreadableDocument(
                    f"The archive unpacks to more than {limits.document_bytes} bytes a file, so it is not read.",
                    ReadState.TOO_LARGE,
                )
            members[member_name(info)] = content
    return dict(sorted(members.items(), key=lambda item: _natural(item[0])))


def member_name(info: zipfile.ZipInfo) -> str:
    """Name of a member: UTF-8 where the archive says so, otherwise the GBK that Chinese systems write."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        stored = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return stored.decode(encoding).replace("\\", "/")
        except UnicodeDecodeError:
            continue
    return info.filename


def _natural(name: str) -> list[tuple[int, str]]:
    parts = (part for part in _DIGITS.split(name) if part)
    return [(int(part[:18]), "") if part.isascii() and part.isdigit() else (-1, part) for part in parts]


def _named(document: Document, name: str) -> Document:
    path = PurePosixPath(name)
    metadata = {**document.metadata, "member": path.name}
    return dataclasses.replace(document, title=document.title or path.stem, metadata=metadata)


def _cell_count(document: Document) -> int:
    """Filled cells of all tables."""
    grids = (block for block in document.blocks if isinstance(block, Grid))
    return sum(bool(cell.text) for grid in grids for row in grid.rows for cell in row)

"""From bytes to text. Portals declare gb2312 and send characters of gb18030, or declare nothing at all."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_META = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w-]{2,30})", re.I)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w-]{2,30})", re.I)
_OF_PAGES = re.compile(
    r"utf[-_]?(?:8|16(?:[bl]e)?)|x-gbk|gb[\w-]+|hz-gb-2312|big5[\w-]*|iso[-_]?8859[-_]?\d+|latin-?1|(?:us-)?ascii|"
    r"(?:windows|cp)-?\d+|euc-\w+|shift[-_]jis",
    re.I,
)
"""Encodings that pages are written in. Python knows others, which make text of anything: escapes, punycode."""
_LOOK_BYTES = 4096
_PROOF_BYTES = 100
"""With this many non-ASCII bytes, text of another encoding is never valid UTF-8 by chance."""


def decode(payload: bytes, content_type: str | None = None) -> str:
    """Text of a payload: by byte order mark, meta charset, header charset, strict UTF-8, gb18030, in this order.

    A declaration that the bytes contradict is passed over. Bytes that fit nothing become U+FFFD, which no figure
    and no label of a report holds.
    """
    for bom, encoding in _BOMS:
        if payload.startswith(bom):
            return payload.decode(encoding, errors="replace")
    declared = [match.group(1).decode("ascii") for match in [_META.search(payload[:_LOOK_BYTES])] if match]
    declared += [match.group(1) for match in [_HEADER.search(content_type or "")] if match]
    try:
        as_utf8 = payload.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if not declared or len(payload) - len(as_utf8) >= _PROOF_BYTES:
            return as_utf8
    for name in declared:
        try:
            if _OF_PAGES.fullmatch(name):
                return payload.decode(_meant(name))
        except (LookupError, UnicodeError):
            continue
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        return payload.decode("gb18030", errors="replace")


def _meant(name: str) -> str:
    lowered = name.lower().replace("_", "-")
    return "gb18030" if lowered in {"gb2312", "gbk", "gb-2312", "x-gbk", "cp936", "hz-gb-2312"} else lowered

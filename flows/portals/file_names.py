"""The name that a host gives a file which it sends."""

from __future__ import annotations

import re
from email.message import Message
from urllib.parse import unquote_to_bytes

from flows.portals.pages import squeeze

NAME_LENGTH = 300
HEADER_LENGTH = 4000
PLAIN_NAME = re.compile(r"filename\s*=\s*(?:\"[^\"]{0,1000}\"|[^;]{0,1000});?", re.I)
CHARSETS = ("utf-8", "gb18030")


def disposed_name(disposition: str | None) -> str | None:
    """The file name of a `Content-Disposition` (RFC 6266), without folders; None when it gives none.

    Names in raw or quoted bytes are read as UTF-8, else as GB 18030; http.client hands headers on as Latin-1.
    """
    if not disposition:
        return None
    if "filename*" in disposition.lower():  # it goes before the plain one
        disposition = PLAIN_NAME.sub("", disposition)
    header = Message()
    try:
        header["Content-Disposition"] = disposition[:HEADER_LENGTH]
        name = header.get_filename()
    except (ValueError, LookupError, UnicodeError):
        return None
    return squeeze(re.split(r"[/\\]", _readable(name))[-1])[:NAME_LENGTH] or None if name else None


def _readable(name: str) -> str:
    try:
        raw = unquote_to_bytes(name) if name.isascii() else name.encode("latin-1")
    except UnicodeError:
        return name  # decoded already, as `filename*` says how
    for charset in CHARSETS:
        try:
            return raw.decode(charset)
        except UnicodeError:
            continue
    return name

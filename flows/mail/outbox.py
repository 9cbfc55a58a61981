"""The outbox folder: each digest as `.eml` and `.html`; how far it came stands in the store (deliveries.py)."""

from __future__ import annotations

import base64
import datetime as dt
import os
import re
import tempfile
from pathlib import Path

from flows.errors import InputError
from flows.mail.digest import Digest, as_message

SLUG_CHARACTERS = 60


def keep(outbox: Path, digest: Digest, *, now: dt.datetime) -> Path:
    """Write `<date>-<recipient>-<id>.html` and `.eml` into `outbox`, unless the same digest is there already.

    Returns the `.eml`, the earlier one when there is one: the same digest stays one message with one date. Raises
    InputError when the folder cannot be written.
    """
    name = f"{_slug(digest.recipient.address)}-{digest.digest_id[:12]}"
    earlier = sorted(outbox.glob(f"????-??-??-{name}.eml"))
    if earlier:
        return earlier[0]
    eml = outbox / f"{now:%Y-%m-%d}-{name}.eml"
    message = as_message(digest, now=now)
    try:
        outbox.mkdir(parents=True, exist_ok=True)
        _write_whole(eml.with_suffix(".html"), _in_a_browser(digest).encode())
        _write_whole(eml, message.as_bytes())
    except OSError as fault:
        raise InputError(f"The outbox {outbox} cannot be written ({fault.strerror}); nothing was sent.") from fault
    return eml


def _in_a_browser(digest: Digest) -> str:
    """The HTML with its pictures in it, which a mail has in parts of their own."""
    html = digest.html
    for trend in digest.trends:
        if trend.png is not None:
            data = base64.b64encode(trend.png).decode()
            html = html.replace(f'src="cid:{trend.name}"', f'src="data:image/png;base64,{data}"')
    return html


def _slug(address: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", address.lower()).strip("-")[:SLUG_CHARACTERS]


def _write_whole(path: Path, content: bytes) -> None:
    """Write under a temporary name, then rename: a file is there whole or not at all."""
    descriptor, unfinished = tempfile.mkstemp(prefix=".unfinished-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as sink:
            sink.write(content)
            sink.flush()
            os.fsync(sink.fileno())
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise

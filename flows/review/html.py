"""A review sheet as one HTML file, which loads nothing and runs nothing."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flows.review.blocks import Block

if TYPE_CHECKING:
    from jinja2 import Environment


def as_html(blocks: Sequence[Block], *, title: str, language: str) -> bytes:
    """The sheet; every text of it is escaped, pictures stand in it as data."""
    template = _environment().get_template("sheet.html.j2")
    named = [(type(block).__name__.lower(), block) for block in blocks]
    return template.render(blocks=named, title=title, language=language).encode()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["base64"] = lambda payload: base64.b64encode(payload).decode("ascii")
    return environment

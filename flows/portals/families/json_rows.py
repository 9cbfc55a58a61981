"""Rows in JSON answers, by the names that a family's dialect gives their fields."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from flows.portals.families.rows import ROWS_PER_PAGE, TITLE_LENGTH, Row, date_in, date_in_url
from flows.portals.pages import TAG, Page, squeeze

CHINA = dt.timezone(dt.timedelta(hours=8))
JSONP = re.compile(r"^\s*[\w.$]{1,80}\s*\(")
HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
"""One half of a pair of codes, which alone is no character: nothing could write it down."""
EPOCH_SECONDS = range(1_000_000_000, 5_000_000_000)


def json_of(page: Page) -> Any:  # noqa: ANN401 - whatever was sent
    """What a JSON or JSONP answer holds; None when it is neither (then it has no rows)."""
    text = page.text.strip().lstrip("\ufeff")
    if JSONP.match(text):
        text = text.partition("(")[2].rstrip().rstrip(";").rstrip().removesuffix(")")
    try:
        read = json.loads(text)
        if HALF_CHARACTER.search(text):
            read = json.loads(json.dumps(read, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return read


def at(value: Any, path: str) -> Any:  # noqa: ANN401 - JSON in, JSON out
    """The value at a path such as `data.list`; None where there is none."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def first_of(value: Any, paths: Sequence[str]) -> Any:  # noqa: ANN401 - JSON in, JSON out
    """The first value that is there and not empty, of several paths."""
    found = (at(value, path) for path in paths)
    return next((one for one in found if one not in (None, "")), None)


def whole_number(value: Any) -> int | None:  # noqa: ANN401 - JSON in
    """A count, also when it is written as text; None when it is none."""
    text = str(value)
    return int(text) if not isinstance(value, bool) and re.fullmatch(r"\d{1,9}", text) else None


def json_rows(page: Page, answer: Any, fields: Mapping[str, Sequence[str]]) -> list[Row]:  # noqa: ANN401 - JSON in
    """The rows of an answer that has been parsed; those without address or title are left out.

    Args:
        page: what relative addresses are relative to.
        answer: the parsed JSON.
        fields: paths of `rows`, and within a row of `title`, `url` and `date`, in the order in which they are tried.
    """
    listed = first_of(answer, fields["rows"])
    rows = []
    for item in listed[:ROWS_PER_PAGE] if isinstance(listed, list) else []:
        href, title = first_of(item, fields["url"]), first_of(item, fields["title"])
        if isinstance(href, str) and isinstance(title, str):
            listed_on = _day(first_of(item, fields["date"])) or date_in_url(href)
            bare = squeeze(html.unescape(TAG.sub("", title[: 10 * TITLE_LENGTH])))
            rows.append(Row(page.join(href), bare[:TITLE_LENGTH], listed_on))
    return rows


def _day(value: Any) -> dt.date | None:  # noqa: ANN401 - JSON in
    """A date as text, or as seconds or milliseconds since 1970 in China's time."""
    text = str(value)
    if not isinstance(value, bool) and re.fullmatch(r"\d{10}(?:\d{3})?", text) and int(text[:10]) in EPOCH_SECONDS:
        return dt.datetime.fromtimestamp(int(text[:10]), CHINA).date()
    return date_in(text) if isinstance(value, str) else None

"""What a page says about itself: the prescribed meta tags, the table of its index entry, whose site it is."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from flows.formats import divisions
from flows.portals.families.rows import date_in
from flows.portals.pages import TAG, Page, squeeze

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

WORDS = Path(__file__).with_name("detail.yaml")
SITE_CODE = re.compile(r"(?:bm\d{8}|\d{10})")
SITE_CODE_ELSEWHERE = (
    re.compile(r"sitecode\s*=\s*[\"']?(bm\d{8}|\d{10})\b", re.I),
    re.compile(r"网站标识码\s*[:：]?\s*(bm\d{8}|\d{10})\b", re.I),
)
"""The script for reporting mistakes, and the foot of the page."""
CELLS = 3000
VALUE_LENGTH = 300


@dataclasses.dataclass(frozen=True, slots=True)
class DetailWords:
    """`detail.yaml`: names and addresses of detail pages."""

    containers: tuple[str, ...]
    index_labels: Mapping[str, tuple[str, ...]]
    extensions: frozenset[str]
    picture_sources: tuple[str, ...]
    picture_extensions: frozenset[str]
    ornaments: re.Pattern[str]
    file_parameters: tuple[str, ...]
    downloads: re.Pattern[str]


@dataclasses.dataclass(frozen=True, slots=True)
class PageMetadata:
    """What a page says of itself; None where it does not say.

    Names are those of 国办发〔2017〕47号 (政府网站发展指引), annex on page design.
    """

    site_name: str | None
    site_id_code: str | None
    """Ten digits (division and serial) or `bm` and eight digits; a hint only: wrong copies were seen."""
    column_name: str | None
    title: str | None
    published_on: dt.date | None
    publisher: str | None
    index_number: str | None
    document_number: str | None

    @property
    def division_code(self) -> str | None:
        """The division that the site's code begins with, if GB/T 2260 has it; codes outlive their divisions."""
        code = (self.site_id_code or "")[:6]
        return code if any(code == division.division_code for division in divisions()) else None


@cache
def detail_words() -> DetailWords:
    """The words of `detail.yaml`."""
    read = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return DetailWords(
        containers=tuple(read["containers"]),
        index_labels={name: tuple(labels) for name, labels in read["index_labels"].items()},
        extensions=frozenset(read["extensions"]),
        picture_sources=tuple(read["picture_sources"]),
        picture_extensions=frozenset(read["picture_extensions"]),
        ornaments=re.compile(read["ornaments"], re.I),
        file_parameters=tuple(read["file_parameters"]),
        downloads=re.compile(read["downloads"], re.I),
    )


def metadata(page: Page) -> PageMetadata:
    """What a page says of itself: its meta tags first, then the table of its index entry."""
    tags, table = _meta_tags(page), _index_table(page)
    published = tags.get("pubdate") or table.get("published_on") or ""
    return PageMetadata(
        site_name=tags.get("sitename"),
        site_id_code=_site_id_code(page, tags),
        column_name=tags.get("columnname"),
        title=tags.get("articletitle") or table.get("title"),
        published_on=date_in(published),
        publisher=tags.get("contentsource") or table.get("publisher"),
        index_number=table.get("index_number"),
        document_number=table.get("document_number"),
    )


def container(page: Page) -> LexborNode | None:
    """The element that holds the text of an article, the first that is not empty; None when none is known."""
    for selector in detail_words().containers:
        for node in page.tree.css(selector)[:5]:
            if squeeze(node.text(deep=True)) or node.css_first("a, img, iframe, embed") is not None:
                return node
    return None


def _meta_tags(page: Page) -> dict[str, str]:
    """Name in small letters -> content, of the first tag of each name that has one."""
    found: dict[str, str] = {}
    for node in page.tree.css("meta")[:200]:
        attributes = {name.lower(): value or "" for name, value in node.attributes.items()}
        content = squeeze(TAG.sub("", attributes.get("content", "")[: 10 * VALUE_LENGTH]))[:VALUE_LENGTH]
        if content:
            found.setdefault(attributes.get("name", "").strip().lower(), content)
    return found


def _site_id_code(page: Page, tags: Mapping[str, str]) -> str | None:
    if SITE_CODE.fullmatch(tags.get("siteidcode", "")):
        return tags["siteidcode"]
    return next((found[1] for pattern in SITE_CODE_ELSEWHERE if (found := pattern.search(page.text))), None)


def _index_table(page: Page) -> dict[str, str]:
    """Values of the index entry by field: beside their label, or behind it in the same cell."""
    names = {label: field for field, labels in detail_words().index_labels.items() for label in labels}
    found: dict[str, str] = {}
    for node in page.tree.css("td, th, dt, li, dd")[:CELLS]:
        text = squeeze(node.text(deep=True)[:VALUE_LENGTH])
        label, colon, behind = text.replace("：", ":").partition(":")
        field = names.get(label.replace(" ", ""))
        if field is None:
            continue
        beside = _next_element(node)
        value = behind.strip() if colon and behind.strip() else beside
        if value:
            found.setdefault(field, value)
    return found


def _next_element(node: LexborNode) -> str:
    following = node.next
    while following is not None and following.tag == "-text":
        following = following.next
    return squeeze(following.text(deep=True)[:VALUE_LENGTH]) if following is not None else ""

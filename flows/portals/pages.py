"""A text answer, decoded as browsers would have to."""

from __future__ import annotations

import dataclasses
import re
from functools import cached_property
from urllib.parse import quote, urljoin

from selectolax.lexbor import LexborHTMLParser

from flows.portals.addresses import slashed

META_CHARSET = re.compile(r"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,20})", re.I)
HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{2,20})", re.I)
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
CHINESE = {"gb2312", "gbk", "gb_2312-80", "x-gbk", "gb18030"}
"""Names that stand for GB 18030, which holds them all."""
WESTERN = {"iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii", "windows-1252", "cp1252"}
"""Servers' defaults, which any bytes would pass for; never the charset of a Chinese page."""
TITLE = re.compile(r"<title[^>]*>(.{0,2000}?)</title", re.I | re.S)
TAG = re.compile(r"<[^<>]*>")
BASE = re.compile(r"<base\s", re.I)
UTF_8 = "utf-8"
AS_WRITTEN = "!#$%&'()*+,/:;<=>?@[\\]^`{|}~"
BLANK = re.compile(r"[\s\u3000\u200b\ufeff]+|&nbsp;")
MARKERS = re.compile(r"第二十条第[（(]一[）)]项|本年新收政府信息公开申请数量")
"""What stands in the heads of the tables and nowhere in an explanation of them
(国办公开办函〔2021〕30号 and 〔2019〕60号, the forms annexed)."""
UNREAD = ["script", "style", "noscript", "template", "title"]
REPORT = re.compile(r"信息公开.{0,12}(?:报告|年报)")
REPORT_OF_YEAR = re.compile(r"\d{4}年.{0,30}信息公开.{0,12}(?:报告|年报)|信息公开.{0,12}(?:报告|年报)[（(]\d{4}")


def decode(payload: bytes, content_type: str | None) -> str:
    """Text of a payload, as `decoded` says."""
    return decoded(payload, content_type)[0]


def decoded(payload: bytes, content_type: str | None) -> tuple[str, str]:
    """Text and charset of a payload: by byte order mark; as UTF-8 if it is that; as declared; else as GB 18030.

    UTF-8 comes before what is declared: Chinese text in another charset is never UTF-8 by chance, and declarations
    were seen to be wrong. A declared charset that the bytes contradict is not believed.
    """
    for mark, codec in BOMS:
        if payload.startswith(mark):
            return payload.decode(codec, "replace"), UTF_8  # what a page in UTF-16 asks for is UTF-8 too
    found = [META_CHARSET.search(payload[:4096].decode("latin-1")), HEADER_CHARSET.search(content_type or "")]
    declared = [match.group(1).lower() for match in found if match and match.group(1).lower() not in WESTERN]
    for name in (UTF_8, *("gb18030" if name in CHINESE else name for name in declared)):
        try:
            return payload.decode(name), name
        except (UnicodeError, LookupError):
            continue
    either = [(payload.decode(name, "replace"), name) for name in (UTF_8, "gb18030")]
    return min(either, key=lambda one: one[0].count("\ufffd"))


@dataclasses.dataclass(frozen=True)
class Page:
    """One text answer and where it came from."""

    url: str
    """After redirects: what relative links are relative to, unless the page names another base."""
    text: str
    charset: str = UTF_8
    """As which the text was read: links are asked for in it too."""
    column: Page | None = None
    """The page into which a script puts this text, so that its links are relative to that one's base."""

    @classmethod
    def of(cls, url: str, payload: bytes, content_type: str | None) -> Page:
        """The page that an answer is."""
        return cls(url, *decoded(payload, content_type))

    def part(self, text: str) -> Page:
        """A text as a part of this page: its links lead where they would if they stood here."""
        return Page(self.url, text, self.charset, self)

    @cached_property
    def tree(self) -> LexborHTMLParser:
        """The page parsed."""
        return LexborHTMLParser(self.text)

    def let_go(self) -> None:
        """Free the parsed page, a hundred times as large as its text; it is parsed again when it is needed."""
        self.__dict__.pop("tree", None)

    @cached_property
    def title(self) -> str:
        """What the page calls itself: the article's meta tag (国办发〔2017〕47号), else the title tag."""
        for node in self.tree.css("meta"):
            attributes = {name.lower(): value or "" for name, value in node.attributes.items()}
            if attributes.get("name", "").lower() == "articletitle" and attributes.get("content", "").strip():
                return squeeze(TAG.sub("", attributes["content"]))
        return head_title(self.text)

    @property
    def has_report_tables(self) -> bool:
        """As `has_report_tables` finds."""
        return has_report_tables(self.text)

    @cached_property
    def base(self) -> str:
        """What links are relative to: the first `<base href>`, else the page's own address."""
        if self.column is not None:
            return self.column.base
        node = self.tree.css_first("base[href]") if BASE.search(self.text) else None
        href = (node.attributes.get("href") or "").strip() if node is not None else ""
        try:
            named = urljoin(self.url, href)
        except ValueError:
            return self.url
        return named if named.startswith(("http://", "https://")) else self.url

    def join(self, href: str) -> str:
        """A link of the page made absolute (not yet checked); the link itself when it cannot be.

        Unescaped characters of its query are escaped in the page's charset, as browsers do; those of its path are
        left for UTF-8.
        """
        try:
            url = urljoin(self.base, slashed(href.strip()))
        except ValueError:
            return href
        path, mark, query = url.partition("?")
        if self.charset == UTF_8 or query.isascii():
            return url
        try:
            return path + mark + quote(query, AS_WRITTEN, self.charset)
        except UnicodeEncodeError:
            return url


def has_report_tables(text: str) -> bool:
    """True when the markers of the report's tables stand in the text of a page, whatever tags cut them up."""
    return MARKERS.search(BLANK.sub("", TAG.sub("", text))) is not None


def names_report_of_year(text: str) -> bool:
    """True when a text names a report with its year, as lists, articles and their titles do."""
    return REPORT_OF_YEAR.search(text) is not None


def shown_text(text: str) -> str:
    """What a reader sees of a page, without blanks."""
    tree = LexborHTMLParser(text)
    tree.strip_tags(UNREAD)
    return BLANK.sub("", tree.body.text(deep=True)) if tree.body is not None else ""


def head_title(text: str) -> str:
    """Text of the title tag."""
    found = TITLE.search(text[:20_000])
    return squeeze(TAG.sub("", found.group(1))) if found else ""


def squeeze(text: str) -> str:
    """Runs of white space as one blank, none at the ends."""
    return BLANK.sub(" ", text).strip()

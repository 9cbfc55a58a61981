"""HTML as portals publish it: pasted from Word, one span a character, inline tags left open hundreds deep.

Lexbor parses as browsers do. The tree is walked with a loop, never by recursion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from flows.documents.document import (
    Block,
    Document,
    Link,
    Paragraph,
    RawCell,
    UnreadableDocument,
    lay_out,
    tidy,
    too_deep,
    too_many_cells,
    too_many_paragraphs,
)
from flows.documents.limits import Limits
from flows.records import ReadState

BODY_SELECTORS = (
    "ucapcontent",
    ".TRS_Editor",
    ".trs_editor_view",
    ".TRS_UEDITOR",
    "#zoom",
    "#Zoom",
    "#zoomcon",
    "#vsb_content",
    ".v_news_content",
    ".article-content",
    ".article_content",
    ".pages_content",
    "#content",
    "article",
)
"""Where the content management systems put an article, the surest first."""
TITLE_SELECTORS = ("ucaptitle", "h1", ".article-title", ".title", "title")
TITLE_METAS = ("articletitle", "og:title")
_SKIPPED = frozenset({"script", "style", "noscript", "template", "head", "svg", "iframe", "select", "textarea"})
_BREAKING = set(
    """address article aside blockquote body br caption center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6
    header hr li main nav ol p pre section table tbody td tfoot th thead tr ucapcontent ul""".split()  # noqa: SIM905
)
_VOID_OR_IMPLIED = set(
    """area base body br col dd dt embed head hr html img input li link meta option p param source tbody td tfoot th
    thead tr track wbr""".split()  # noqa: SIM905
)
_STRUCK = frozenset({"del", "s", "strike"})
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|text-decoration[^;]*line-through", re.IGNORECASE
)
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]{0,30})")
_DATED = re.compile(r"([\u4e00-\u9fff]{2,6})\s{0,3}[:：]\s{0,5}(\d{4}\s?[-年/.]\s?\d{1,2}\s?[-月/.]\s?\d{1,2})(?!\d)")
_FORMATTING = set("a b big code em font i nobr s small strike strong tt u".split())  # noqa: SIM905
_REOPENED_MOST = 1_000_000
"""Inline elements left open are opened again in every block that follows; so many in all, at most, are parsed."""
_TAGS_MOST = 1_000_000
"""A page with a span around each of its characters has some hundred thousand."""
_PROPERTY_ROWS = 200
_LINKS_MOST = 5000
_BODY_CELLS = 30
"""With at least this many cells on the page, its article is where the tables are."""


def read_html(text: str, limits: Limits, *, url: str | None = None) -> Document:
    """Document of a page: its article if the page marks one, the whole body otherwise."""
    _refuse_deep_and_wide(text, limits)
    tree = LexborHTMLParser(text)
    root = tree.body or tree.root
    metadata: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        name = node.attributes.get("name") or node.attributes.get("property")
        value = tidy(node.attributes.get("content") or "")
        if name and value:
            metadata.setdefault(name.strip().lower(), value)
    links = []
    for node in tree.css("a[href]")[:_LINKS_MOST]:
        href = (node.attributes.get("href") or "").strip()
        if href and not href.lower().startswith(("javascript:", "#", "mailto:")):
            links.append(Link(_absolute(url, href), tidy(node.text_lexbor())))
    if root is None:
        return Document("html", _title(tree, metadata), metadata, (), tuple(links))
    article = _article(tree, root)
    for name, value in _properties(root, article):
        metadata.setdefault(name, value)
    blocks = tuple(_blocks(article, limits))
    return Document("html", _title(tree, metadata), metadata, blocks, tuple(links))


def elements_by_place(text: str, limits: Limits) -> tuple[LexborNode | None, dict[str, LexborNode]]:
    """The article of a page that `read_html` reads, and the elements in which its cells and paragraphs stand."""
    _refuse_deep_and_wide(text, limits)
    tree = LexborHTMLParser(text)
    root = tree.body or tree.root
    if root is None:
        return None, {}
    article = _article(tree, root)
    elements: dict[str, LexborNode] = {}
    _blocks(article, limits, elements)
    return article, elements


def _absolute(url: str | None, href: str) -> str:
    try:
        return urljoin(url, href) if url else href
    except ValueError:  # an address such as http://[ that is none
        return href


def _refuse_deep_and_wide(text: str, limits: Limits) -> None:
    depth = left_open = reopened = cell_count = 0
    for count, match in enumerate(_TAG.finditer(text)):
        if count > _TAGS_MOST:
            raise UnreadableDocument(
                f"The page has more than {_TAGS_MOST} tags, so it is not read.", ReadState.TOO_LARGE
            )
        closes, tag = match.group(1), match.group(2).lower()
        if tag in {"td", "th"} and not closes:
            cell_count += 1
            if cell_count > limits.document_cells:
                raise too_many_cells(limits)
        if tag in _FORMATTING:
            left_open = max(left_open - 1, 0) if closes else left_open + 1
        elif tag in _BREAKING and not closes:
            reopened += left_open
        if tag not in _VOID_OR_IMPLIED:
            depth = max(depth - 1, 0) if closes else depth + 1
        if depth > limits.nesting or reopened > _REOPENED_MOST:
            raise too_deep(limits)


def _title(tree: LexborHTMLParser, metadata: dict[str, str]) -> str:
    for name in TITLE_METAS:
        if metadata.get(name):
            return metadata[name]
    for selector in TITLE_SELECTORS:
        for node in tree.css(selector):
            if words := tidy(node.text_lexbor()).replace("\n", ""):
                return words
    return ""


def _article(tree: LexborHTMLParser, root: LexborNode) -> LexborNode:
    """The surest container that holds most of the page's tables, or most of the text if there are none."""
    found = [node for selector in BODY_SELECTORS for node in tree.css(selector)[:20]]
    sizes = [(len(node.css("td, th")), len(node.text_lexbor())) for node in found]
    cells_of_page = len(root.css("td, th"))
    most_text = max((length for _, length in sizes), default=0)
    for node, (cells, length) in zip(found, sizes, strict=True):
        if cells_of_page >= _BODY_CELLS:
            if 2 * cells >= cells_of_page:
                return node
        elif length and 2 * length >= most_text:
            return node
    return root


def _properties(root: LexborNode, article: LexborNode) -> Iterator[tuple[str, str]]:
    """What a page says about its article beside it: rows of names and values, and dates with a name before them."""
    of_article = {row.mem_id for row in article.css("tr")}
    for row in root.css("tr")[:_PROPERTY_ROWS]:
        if row.mem_id in of_article or row.css_first("table") is not None:
            continue  # rows without inner tables have no text in common, so that reading all takes no more than once
        texts = [tidy(cell.text_lexbor()).replace("\n", " ") for cell in row.css("td, th")]
        if len(texts) not in {2, 4}:
            continue
        names = (text.rstrip("：: ").replace(" ", "") for text in texts[::2])
        for name, value in zip(names, texts[1::2], strict=True):
            if 0 < len(name) <= 6 and value:
                yield name, value
    for match in _DATED.finditer(root.text_lexbor()):
        yield match.group(1), match.group(2)


class _Step(NamedTuple):
    node: LexborNode
    tag: str
    entering: bool


def _is_hidden(node: LexborNode, tag: str) -> bool:
    """Whether an element is not shown, or struck out and so not meant."""
    if tag.startswith("-"):
        return False
    if tag in _STRUCK:
        return True
    attributes = node.attributes
    return "hidden" in attributes or _HIDING_STYLE.search(attributes.get("style") or "") is not None


def _walk(root: LexborNode) -> Iterator[_Step]:
    """Each element and text twice, entering and leaving, in document order; what a reader cannot see is left out."""
    root_id = root.mem_id
    node: LexborNode = root
    while True:
        tag = node.tag or ""
        if node.mem_id == root_id or not _is_hidden(node, tag):
            yield _Step(node, tag, True)
            child = None if tag in _SKIPPED else node.child
            if child is not None:
                node = child
                continue
            yield _Step(node, tag, False)
        while node.mem_id != root_id and node.next is None:
            parent = node.parent
            if parent is None:
                return
            node = parent
            yield _Step(node, node.tag or "", False)
        following = node.next
        if node.mem_id == root_id or following is None:
            return
        node = following


def _layout_tables(root: LexborNode) -> set[int]:
    """Tables that only arrange a page: those with at least as many cells in inner tables as of their own."""
    layout: set[int] = set()
    open_tables: list[list[int]] = []  # [own cells, cells of inner tables]
    for step in _walk(root):
        if step.tag == "table":
            if step.entering:
                open_tables.append([0, 0])
            else:
                own, inner = open_tables.pop()
                if inner and inner >= own:
                    layout.add(step.node.mem_id)
                if open_tables:
                    open_tables[-1][1] += own + inner
        elif step.entering and step.tag in {"td", "th"} and open_tables:
            open_tables[-1][0] += 1
    return layout


class _Writer:
    """Collects text into paragraphs, and the cells of the outermost data table into rows."""

    def __init__(self, limits: Limits, elements: dict[str, LexborNode] | None) -> None:
        self.limits = limits
        self.elements = elements
        """By place, the element of each cell and paragraph, if somebody wants them."""
        self.text_element: LexborNode | None = None
        self.blocks: list[Block] = []
        self.words: list[str] = []
        self.rows: list[list[RawCell]] = []
        self.tables_open = 0
        self.cell_is_open = False
        self.cell_count = self.grid_count = self.paragraph_count = 0

    def take(self) -> str:
        """What was collected since the last break."""
        text = tidy("".join(self.words))
        self.words = []
        return text

    def break_here(self) -> None:
        """A block begins or ends: a new line inside a cell, a new paragraph anywhere else."""
        if self.tables_open and self.cell_is_open:
            self.words.append("\n")
            return
        for line in self.take().split("\n"):
            if line:
                self.paragraph_count += 1
                if self.paragraph_count > self.limits.document_paragraphs:
                    raise too_many_paragraphs(self.limits)
                self.blocks.append(Paragraph(line, f"paragraph {self.paragraph_count}"))
                if self.elements is not None and self.text_element is not None:
                    self.elements[self.blocks[-1].place] = self.text_element

    def table(self, entering: bool) -> None:
        """A data table begins or ends; inner ones are text of the cell they stand in."""
        self.tables_open += 1 if entering else -1
        if entering and self.tables_open == 1:
            self.rows, self.cell_is_open = [], False
        elif not self.tables_open:
            self.grid_count += 1
            self.blocks.append(lay_out(self.rows, f"table {self.grid_count}"))

    def cell(self, node: LexborNode, entering: bool) -> None:
        """A cell of the outermost data table begins or ends."""
        if entering:
            self.words, self.cell_is_open = [], True
            return
        self.cell_count += 1
        if self.cell_count > self.limits.document_cells:
            raise too_many_cells(self.limits)
        if not self.rows:
            self.rows.append([])
        self.rows[-1].append(RawCell(self.take(), _span(node, "colspan"), _span(node, "rowspan")))
        self.cell_is_open = False
        if self.elements is not None:
            place = f"table {self.grid_count + 1}, row {len(self.rows)}, cell {len(self.rows[-1])}"
            self.elements[place] = node


def _blocks(root: LexborNode, limits: Limits, elements: dict[str, LexborNode] | None = None) -> list[Block]:
    layout = _layout_tables(root)
    writer = _Writer(limits, elements)
    for node, tag, entering in _walk(root):
        if tag == "-text":
            if entering:
                writer.words.append((node.text_content or "").replace("\n", " "))
                writer.text_element = node.parent if elements is not None else None
            continue
        if tag == "sup":  # in brackets, so that the number of a note is no digit of a figure
            writer.words.append("[" if entering else "]")
        if tag in _BREAKING:
            writer.break_here()
        if tag == "table" and node.mem_id not in layout:
            writer.table(entering)
        elif writer.tables_open == 1 and tag == "tr" and entering:
            writer.rows.append([])
        elif writer.tables_open == 1 and tag in {"td", "th"}:
            writer.cell(node, entering)
    writer.break_here()
    return writer.blocks


def _span(node: LexborNode, name: str) -> int:
    stated = (node.attributes.get(name) or "").strip()
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 6 else 1

"""HTML as portals publish it: pasted from Word, one span a character, inline tags left open hundreds deep.

Lexbor parses as browsers do; its tree is then gone through tag by tag (`html_tokens.py`), never by recursion.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
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
from flows.documents.html_tokens import VOID, layout_tables, named_attributes, plain, tokens_of
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
_ANY_BODY = ", ".join(BODY_SELECTORS)
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
_CELLS = frozenset({"td", "th"})
_NUMBER = "data-gongkai-number"
"""Attribute that names an element while its place is looked for."""
_TAG = re.compile(r"<(/?[a-zA-Z][\w:-]{0,30})")
_START = re.compile(r"<([a-zA-Z][\w:-]{0,30})")
_DATE = re.compile(r"[:：]\s{0,5}(\d{4}\s?[-年/.]\s?\d{1,2}\s?[-月/.]\s?\d{1,2})(?!\d)")
_DATED = re.compile(rf"([\u4e00-\u9fff]{{2,6}})\s{{0,3}}{_DATE.pattern}")
_FORMATTING = set("a b big code em font i nobr s small strike strong tt u".split())  # noqa: SIM905
_REOPENED_MOST = 1_000_000
"""Inline elements left open are opened again in every block that follows; so many in all, at most, are parsed."""
_TAGS_FEW = 2 * math.isqrt(_REOPENED_MOST)
"""So few elements cannot be opened again too often, whichever half of them is inline and whichever is of blocks."""
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
    nodes = [article, *article.css("*")]
    for number, node in enumerate(nodes):
        node.attrs[_NUMBER] = str(number)
    numbers: dict[str, str] = {}
    _blocks(article, limits, numbers)
    for node in nodes:
        if _NUMBER in node.attributes:  # the article itself may be among its elements
            del node.attrs[_NUMBER]
    return article, {place: nodes[int(number)] for place, number in numbers.items() if number}


def _absolute(url: str | None, href: str) -> str:
    try:
        return urljoin(url, href) if url else href
    except ValueError:  # an address such as http://[ that is none
        return href


def _refuse_deep_and_wide(text: str, limits: Limits) -> None:
    tag_count = text.count("<")
    if tag_count > _TAGS_MOST:
        raise UnreadableDocument(f"The page has more than {_TAGS_MOST} tags, so it is not read.", ReadState.TOO_LARGE)
    if tag_count - text.count("</") <= min(_TAGS_FEW, limits.nesting, limits.document_cells):
        return
    if not _may_be_too_many(Counter(_START.findall(text)), limits):
        return
    depth = left_open = reopened = cell_count = 0
    for tag in _TAG.findall(text):
        deeper, opens, breaks, is_cell = _effect(tag)
        depth += deeper
        depth = max(depth, 0)
        if opens:
            left_open = max(left_open + opens, 0)
        elif breaks:
            reopened += left_open
            cell_count += is_cell
            if cell_count > limits.document_cells:
                raise too_many_cells(limits)
        if depth > limits.nesting or reopened > _REOPENED_MOST:
            raise too_deep(limits)


def _may_be_too_many(counts: Counter[str], limits: Limits) -> bool:
    """Whether tags that begin elements, in such numbers and the worst of orders, are too deep or too many."""
    deeper = opened = begun = cells = 0
    for tag, count in counts.items():
        step, opens, breaks, is_cell = _effect(tag)
        deeper += count * step
        opened += count * opens
        begun += count * breaks
        cells += count * is_cell
    return deeper > limits.nesting or opened * begun > _REOPENED_MOST or cells > limits.document_cells


@lru_cache(maxsize=1024)
def _effect(tag: str) -> tuple[int, int, bool, bool]:
    """What a tag adds to the depth and to the inline elements left open, whether it begins a block, and a cell."""
    name = tag.lstrip("/").lower()
    step = -1 if tag.startswith("/") else 1
    begins = step > 0 and name in _BREAKING
    return (
        0 if name in _VOID_OR_IMPLIED else step,
        step if name in _FORMATTING else 0,
        begins,
        begins and name in _CELLS,
    )


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
    if tree.css_first(_ANY_BODY) is None:
        return root
    found = (node for selector in BODY_SELECTORS for node in tree.css(selector)[:20])
    cells_of_page = len(root.css("td, th"))
    if cells_of_page >= _BODY_CELLS:
        return next((node for node in found if 2 * len(node.css("td, th")) >= cells_of_page), root)
    bodies = list(found)
    lengths = [len(node.text_lexbor()) for node in bodies]
    most = max(lengths, default=0)
    return next((node for node, length in zip(bodies, lengths, strict=True) if length and 2 * length >= most), root)


def _properties(root: LexborNode, article: LexborNode) -> Iterator[tuple[str, str]]:
    """What a page says about its article beside it: rows of names and values, and dates with a name before them."""
    of_article = {row.mem_id for row in article.css("tr")} if article is not root else set()
    for row in root.css("tr")[:_PROPERTY_ROWS] if article is not root else ():
        if row.mem_id in of_article or row.css_first("table") is not None:
            continue  # rows without inner tables have no text in common, so that reading all takes no more than once
        texts = [tidy(cell.text_lexbor()).replace("\n", " ") for cell in row.css("td, th")]
        if len(texts) not in {2, 4}:
            continue
        names = (text.rstrip("：: ").replace(" ", "") for text in texts[::2])
        for name, value in zip(names, texts[1::2], strict=True):
            if 0 < len(name) <= 6 and value:
                yield name, value
    text = root.text_lexbor()
    if _DATE.search(text):
        for match in _DATED.finditer(text):
            yield match.group(1), match.group(2)


class _Writer:
    """Collects text into paragraphs, and the cells of the outermost data table into rows."""

    def __init__(self, limits: Limits, numbers: dict[str, str] | None) -> None:
        self.limits = limits
        self.numbers = numbers
        """By place, the number of the element of each cell and paragraph, if somebody wants them."""
        self.open_numbers: list[str] = []
        """Numbers of the blocks that are open; kept only if they are wanted."""
        self.blocks: list[Block] = []
        self.words: list[str] = []
        self.rows: list[list[RawCell]] = []
        self.open_tables: list[bool] = []
        """Of the tables that are open, whether each is one of data."""
        self.tables_open = 0
        """Of those, how many are."""
        self.cell_is_open = False
        self.cell_attributes = ""
        self.cell_count = self.grid_count = self.paragraph_count = 0

    def text(self, text: str) -> None:
        """Text as it is written down; blanks alone count only behind words."""
        if text and (self.words or not text.isspace()):
            self.words.append(plain(text).replace("\n", " "))

    def take(self) -> str:
        """What was collected since the last break."""
        text = tidy("".join(self.words))
        self.words = []
        return text

    def break_here(self) -> None:
        """A block begins or ends: a new line inside a cell, a new paragraph anywhere else."""
        if not self.words:
            return
        if self.tables_open and self.cell_is_open:
            self.words.append("\n")
            return
        for line in self.take().split("\n"):
            if line:
                self.paragraph_count += 1
                if self.paragraph_count > self.limits.document_paragraphs:
                    raise too_many_paragraphs(self.limits)
                self.blocks.append(Paragraph(line, f"paragraph {self.paragraph_count}"))
                if self.numbers is not None and self.open_numbers:
                    self.numbers[self.blocks[-1].place] = self.open_numbers[-1]

    def block(self, entering: bool, tag: str, attributes: str, is_layout: bool) -> None:
        """A block begins or ends; a table that only arranges the page is a block like others."""
        is_own_cell = tag in _CELLS and self.tables_open == 1
        if self.words and (entering or not is_own_cell):  # blanks at the end of a cell say nothing
            self.break_here()
        if self.numbers is not None and tag not in VOID:
            if entering:
                self.open_numbers.append(named_attributes(attributes).get(_NUMBER, ""))
            elif self.open_numbers:
                self.open_numbers.pop()
        if is_own_cell:
            self.cell(entering, attributes)
        elif tag == "tr":
            if entering and self.tables_open == 1:
                self.rows.append([])
        elif tag == "table":
            if entering:
                self.open_tables.append(not is_layout)
            if self.open_tables and self.open_tables[-1]:
                self.table(entering)
            if not entering and self.open_tables:
                self.open_tables.pop()

    def table(self, entering: bool) -> None:
        """A data table begins or ends; inner ones are text of the cell they stand in."""
        self.tables_open += 1 if entering else -1
        if entering and self.tables_open == 1:
            self.rows, self.cell_is_open = [], False
        elif not self.tables_open:
            self.grid_count += 1
            self.blocks.append(lay_out(self.rows, f"table {self.grid_count}"))

    def cell(self, entering: bool, attributes: str) -> None:
        """A cell of the outermost data table begins or ends."""
        if entering:
            self.words, self.cell_is_open = [], True
            self.cell_attributes = attributes
        else:
            self.put_cell(self.take(), self.cell_attributes)
            self.cell_is_open = False

    def whole_cell(self, text: str, attributes: str) -> None:
        """A cell of the outermost data table with nothing but text in it."""
        if self.words:
            self.break_here()
        is_tidy = text.isalnum()  # most cells: one word or number
        self.put_cell(text if is_tidy else tidy(plain(text).replace("\n", " ")), attributes)

    def put_cell(self, text: str, attributes: str) -> None:
        """Put a cell behind the others of its row."""
        self.cell_count += 1
        if self.cell_count > self.limits.document_cells:
            raise too_many_cells(self.limits)
        if not self.rows:
            self.rows.append([])
        row = self.rows[-1]
        row.append(RawCell(text, *_spans(attributes)) if attributes else RawCell(text))
        if self.numbers is not None:
            place = f"table {self.grid_count + 1}, row {len(self.rows)}, cell {len(row)}"
            self.numbers[place] = named_attributes(attributes).get(_NUMBER, "")


def _blocks(root: LexborNode, limits: Limits, numbers: dict[str, str] | None = None) -> list[Block]:
    tokens = tokens_of(root)
    layout = layout_tables(tokens) if root.css_first("table table") else set()
    writer = _Writer(limits, numbers)
    skipped = 0  # depth inside an element without text to read
    for index, (ends, tag, attributes, text, is_whole, behind) in enumerate(tokens):
        if skipped or tag in _SKIPPED:
            skipped += 0 if tag in VOID or not tag or is_whole else -1 if ends else 1
            if not skipped:
                writer.text(behind if is_whole else text)
            continue
        if tag in _BREAKING:
            if is_whole and tag in _CELLS and writer.tables_open == 1 and not writer.cell_is_open:
                writer.whole_cell(text, attributes)
            else:
                writer.block(not ends, tag, attributes, index in layout)
                writer.text(text)
                if is_whole:
                    writer.block(False, tag, "", False)
        elif tag == "sup":  # in brackets, so that the number of a note is no digit of a figure
            writer.words.append("]" if ends else "[")
            writer.text(text)
            if is_whole:
                writer.words.append("]")
        else:
            writer.text(text)
        if behind:
            writer.text(behind)
    writer.break_here()
    return writer.blocks


@lru_cache(maxsize=1024)
def _spans(attributes: str) -> tuple[int, int]:
    """Columns and rows that a cell states to cover, 1 where it states no number."""
    named = named_attributes(attributes) if "span=" in attributes else {}
    stated = (named.get(name, "").strip() for name in ("colspan", "rowspan"))
    columns, rows = (int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1 for text in stated)
    return columns, rows

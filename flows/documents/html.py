"""HTML as portals publish it: pasted from Word, one span a character, inline tags left open hundreds deep.

Lexbor parses as browsers do and writes the tree down again, with every element closed and every attribute quoted.
That canonical text is gone through tag by tag, which is several times faster than asking for node after node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
_VOID = frozenset(
    """area base basefont bgsound br col embed frame hr img input keygen link meta param source track
    wbr""".split()  # noqa: SIM905
)
"""Elements that are written down without an end."""
_ENTITIES = (("&nbsp;", "\u00a0"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_STRUCK = frozenset({"del", "s", "strike"})
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|text-decoration[^;]*line-through", re.IGNORECASE
)
_MAY_HIDE = ", ".join(
    [
        "[hidden], del, s, strike",
        *(f"[style*='{word}' i]" for word in ("display", "visibility", "mso-hide", "line-through")),
    ]
)
"""Without any of these, nothing on the page is hidden or struck, and its inline elements say nothing."""
_BLANK = r" \t\n\f\r"
_ATTRIBUTES = rf'((?: =?[^{_BLANK}/>=]*="[^"]*")*)'
_UNSEEN = re.compile(
    rf"<!--.*?-->|<(script|style|iframe|noembed|noframes){_ATTRIBUTES}>.*?</\1>"
    rf"|</?[a-z][^{_BLANK}/><]*<[^{_BLANK}/>]*{_ATTRIBUTES}>",
    re.DOTALL,
)
"""What is written down as it is, not as markup; and tags run together (`<p<b>`), which name no element."""
_INLINE = re.compile(rf"</?(?:span|font|b|strong|a|i|em|u|o:p){_ATTRIBUTES}>")
_TOKEN = re.compile(rf"<(/?)(?:([a-z][^{_BLANK}/>]*){_ATTRIBUTES}>)?([^<]*)")
_ATTRIBUTE = re.compile(rf' (=?[^{_BLANK}/>=]*)="([^"]*)"')
_NUMBER = "data-gongkai-number"
"""Attribute by which an element is known again in the page as it is written down."""
_NUMBERED = re.compile(rf' {_NUMBER}="(\d+)"')
_TAG = re.compile(r"<(/?[a-zA-Z][\w:-]{0,30})")
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
    elements = article.css("*")
    for number, element in enumerate(elements):
        element.attrs[_NUMBER] = str(number)
    numbers: dict[str, int] = {}
    _blocks(article, limits, numbers)
    return article, {place: elements[number] for place, number in numbers.items()}


def _absolute(url: str | None, href: str) -> str:
    try:
        return urljoin(url, href) if url else href
    except ValueError:  # an address such as http://[ that is none
        return href


def _refuse_deep_and_wide(text: str, limits: Limits) -> None:
    if text.count("<") > _TAGS_MOST:
        raise UnreadableDocument(f"The page has more than {_TAGS_MOST} tags, so it is not read.", ReadState.TOO_LARGE)
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
        begins and name in {"td", "th"},
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


_Token = tuple[str, str, str, str]
"""A slash if the tag ends an element, its name, its attributes as they are written, and the text that follows it."""


def _tokens(root: LexborNode) -> list[_Token]:
    """Tags that mean something and the text behind each, in document order; what is not shown is left out."""
    page = _UNSEEN.sub("", root.html or "")
    if root.css_first(_MAY_HIDE) is None:
        return _TOKEN.findall(_INLINE.sub("", page))
    tokens = _TOKEN.findall(page)
    return [*tokens[:1], *_shown(tokens[1:])]


def _shown(tokens: Sequence[_Token]) -> Iterator[_Token]:
    """The tokens outside of hidden elements."""
    depth = 0  # inside a hidden element
    for token in tokens:
        ends, tag, attributes, text = token
        if not depth and (ends or not _is_hidden(tag, attributes)):
            yield token
            continue
        if tag and tag not in _VOID:
            depth += -1 if ends else 1
        if not depth and text:
            yield ("", "", "", text)


def _is_hidden(tag: str, attributes: str) -> bool:
    """Whether an element is not shown, or struck out and so not meant."""
    if tag in _STRUCK:
        return True
    named = dict(_ATTRIBUTE.findall(attributes))
    return "hidden" in named or _HIDING_STYLE.search(named.get("style", "")) is not None


def _layout_tables(tokens: Sequence[_Token]) -> set[int]:
    """Tables that only arrange a page: those with at least as many cells in inner tables as of their own.

    A table is named by the index of its token.
    """
    layout: set[int] = set()
    open_tables: list[list[int]] = []  # [index, own cells, cells of inner tables]
    for index, (ends, tag, _, _) in enumerate(tokens):
        if tag == "table":
            if not ends:
                open_tables.append([index, 0, 0])
            elif open_tables:
                began, own, inner = open_tables.pop()
                if inner and inner >= own:
                    layout.add(began)
                if open_tables:
                    open_tables[-1][2] += own + inner
        elif open_tables and not ends and tag in {"td", "th"}:
            open_tables[-1][1] += 1
    return layout


class _Writer:
    """Collects text into paragraphs, and the cells of the outermost data table into rows."""

    def __init__(self, limits: Limits, numbers: dict[str, int] | None) -> None:
        self.limits = limits
        self.numbers = numbers
        """By place, the number of the element of each cell and paragraph, if somebody wants them."""
        self.text_number: int | None = None
        self.blocks: list[Block] = []
        self.words: list[str] = []
        self.rows: list[list[RawCell]] = []
        self.tables_open = 0
        self.cell_is_open = False
        self.cell_attributes = ""
        self.cell_count = self.grid_count = self.paragraph_count = 0

    def text(self, text: str, number: int | None = None) -> None:
        """Text as it is written down: with its breaks of lines and four entities."""
        if number is not None and text.strip():
            self.text_number = number
        if "&" in text:
            for entity, character in _ENTITIES:
                text = text.replace(entity, character)
        self.words.append(text.replace("\n", " "))

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
                if self.numbers is not None and self.text_number is not None:
                    self.numbers[self.blocks[-1].place] = self.text_number

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
            return
        self.cell_count += 1
        if self.cell_count > self.limits.document_cells:
            raise too_many_cells(self.limits)
        if not self.rows:
            self.rows.append([])
        self.rows[-1].append(RawCell(self.take(), *_spans(self.cell_attributes)))
        self.cell_is_open = False
        number = _NUMBERED.search(self.cell_attributes) if self.numbers is not None else None
        if self.numbers is not None and number:
            place = f"table {self.grid_count + 1}, row {len(self.rows)}, cell {len(self.rows[-1])}"
            self.numbers[place] = int(number[1])


def _blocks(root: LexborNode, limits: Limits, numbers: dict[str, int] | None = None) -> list[Block]:
    tokens = _tokens(root)
    layout = _layout_tables(tokens) if root.css_first("table table") else set()
    writer = _Writer(limits, numbers)
    surrounding = None if numbers is None else _surrounding_numbers(tokens)
    data_tables: list[bool] = []  # of the tables that are open
    skipped = 0  # depth inside an element without text to read
    for index, (ends, tag, attributes, text) in enumerate(tokens):
        if tag in _SKIPPED or skipped:
            skipped += 0 if tag in _VOID or not tag else -1 if ends else 1
            if not skipped:
                writer.text(text)
            continue
        if tag == "sup":  # in brackets, so that the number of a note is no digit of a figure
            writer.words.append("]" if ends else "[")
        elif tag in _BREAKING:
            writer.break_here()
            if tag == "table":
                is_data = data_tables.pop() if ends and data_tables else index not in layout
                if not ends:
                    data_tables.append(is_data)
                if is_data:
                    writer.table(not ends)
            elif writer.tables_open == 1:
                if tag == "tr" and not ends:
                    writer.rows.append([])
                elif tag in {"td", "th"}:
                    writer.cell(not ends, attributes)
        if text:
            writer.text(text, surrounding[index] if surrounding else None)
    writer.break_here()
    return writer.blocks


def _surrounding_numbers(tokens: Sequence[_Token]) -> list[int | None]:
    """For the text behind each token the number of the element that it stands in."""
    open_elements: list[int | None] = []
    surrounding = []
    for ends, tag, attributes, _ in tokens:
        if ends and open_elements:
            open_elements.pop()
        elif tag and not ends and tag not in _VOID:
            number = _NUMBERED.search(attributes)
            open_elements.append(int(number[1]) if number else None)
        surrounding.append(open_elements[-1] if open_elements else None)
    return surrounding


@lru_cache(maxsize=1024)
def _spans(attributes: str) -> tuple[int, int]:
    """Columns and rows that a cell states to cover, 1 where it states no number."""
    named = dict(_ATTRIBUTE.findall(attributes)) if "span=" in attributes else {}
    stated = (named.get(name, "").strip() for name in ("colspan", "rowspan"))
    columns, rows = (int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1 for text in stated)
    return columns, rows

"""The rows of the three statistical tables, wherever and however a document has them.

A row is what stands side by side: labels, then values, in their order. Grid columns are kept as hints only. Which
table a row belongs to is told by the words around it and by the section it stands in, so that a table may be cut into
many or three tables may be one.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cache, cached_property, lru_cache

from flows.documents import Document, Grid, GridCell, Paragraph
from flows.formats import format_cells
from flows.reports.figures import looks_like_figure
from flows.reports.label_variants import label_variants
from flows.reports.labels import best, normalise, similarity
from flows.reports.narrative import TABLE_SECTIONS, section_key
from flows.reports.remembered import remembered

TABLES = ("proactive_disclosure", "requests", "disputes")
GENERATIONS = ("2021", "2019")
_HEAD_WORDS = {
    "proactive_disclosure": ("信息内容",),
    "requests": ("申请人情况", "法人或其他组织", "本列数据的勾稽关系为第一项加第二项之和等于第三项加第四项之和"),
    "disputes": ("行政复议", "行政诉讼", "未经复议直接起诉", "复议后起诉"),
}
COMMON_LABELS = frozenset({"其他", "总计", "其他处理", "其他结果"})
"""Labels that say nothing about the table they stand in."""
_KNOWN = 0.85
_GROUP = 0.7
_BLANKS_LEAST = 2
"""So many blank cells behind a text that no label is like are those of a blank row: its label may be misprinted."""
_LONGEST_LINE = 250
_LONGEST_LABEL = 60
_VOTES_OUTSIDE = 3
"""Known labels that a grid needs to count as one of the tables where no section says so."""
_LONGEST_CAPTION = 40
THIS_OR_LAST_YEAR = re.compile(
    r"(?:(?P<this>本|今|当)|(?P<last>上|去))一?年(?:度|同期)?(?:数据|数字|情况|统计表|统计|数|表)?"
)
"""A caption, without its punctuation, that names a year by how it stands to the report's."""
_CAPTION_YEAR = re.compile(r"20\d\d年")
_SENTENCE = re.compile(r"[，,。；;]")
_DIGITS_ONLY = re.compile(r"[\d\s.,，]*\d[\d\s.,，]*")
_TORN = "a line with nothing but numbers follows: its last value may be torn"
_TRAILING_FIGURES = re.compile(
    r"^(?P<label>.*?)(?P<figures>(?:^|\s+|(?<=[\u4e00-\u9fff)）]))[-+]?[\d.,/—-]+[元件项]?(?:\s+[-+]?[\d.,/—-]+[元件项]?)*)\s*$"
)
"""A label and the figures behind it; the first one may touch the label."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One row of a table. Without values it is a head, a heading within the table or a group of rows."""

    labels: tuple[str, ...]
    values: tuple[GridCell, ...]
    label_cells: tuple[GridCell, ...]
    group: str
    """The group of rows it stands in, as far as the document says: `（三）不予公开`."""
    grid_place: str
    place: str
    doubt: str = ""
    """Why its values may not be what they seem, although they are in their place."""
    values_told: bool = False
    """Whether it has no label and its cells are surely values, none the blank cell of the label."""

    @property
    def label(self) -> str:
        """The innermost label."""
        return self.labels[-1] if self.labels else ""

    @cached_property
    def has_figures(self) -> bool:
        """Whether any value is a number or a mark."""
        return any(cell.text and looks_like_figure(cell.text) for cell in self.values)


@cache
def known_labels(table_key: str) -> tuple[str, ...]:
    """Labels of rows, columns and groups that tell a table, of both generations."""
    labels = dict.fromkeys(_HEAD_WORDS[table_key])
    for generation in GENERATIONS:
        for cell in format_cells(generation):
            if cell.table_key == table_key:
                labels |= dict.fromkeys((cell.row_label, cell.column_label, *cell.group_label.split("/")))
    labels |= dict.fromkeys(label for variants in label_variants(table_key).values() for label in variants)
    return tuple(label for label in labels if label and normalise(label) not in COMMON_LABELS)


@cache
def _all_labels() -> tuple[str, ...]:
    return tuple(dict.fromkeys(label for table_key in TABLES for label in known_labels(table_key)))


@cache
def group_labels(table_key: str) -> tuple[str, ...]:
    """Innermost groups of rows of a table."""
    groups = (
        cell.group_label.split("/")[-1]
        for g in GENERATIONS
        for cell in format_cells(g)
        if cell.table_key == table_key
    )
    return tuple(dict.fromkeys(group for group in groups if group))


def table_rows(document: Document) -> dict[str, list[Row]]:  # noqa: PLR0912 - one branch a way of standing
    """Rows of each table in the order of the document, heads among them."""
    found: dict[str, list[Row]] = {table_key: [] for table_key in TABLES}
    section: str | None = None
    last_key: str | None = None  # where no section says so, numbers without labels belong to the table before them
    sections_seen = any(isinstance(b, Paragraph) and section_key(b.text) in TABLE_SECTIONS for b in document.blocks)
    for block in document.blocks:
        if isinstance(block, Paragraph):
            section = section_key(block.text) or section
            if not sections_seen:
                last_key = _table_of_line(block) or last_key
            table_key = section if sections_seen else last_key
            if table_key in TABLE_SECTIONS:
                if _is_lone_number(block.text) and found[table_key]:
                    found[table_key][-1] = dataclasses.replace(found[table_key][-1], doubt=_TORN)
                row = _line_row(block, table_key)
                if row is not None:
                    found[table_key].append(row)
            continue
        table_key = section if section in TABLE_SECTIONS else None if sections_seen else last_key
        if table_key is None and sections_seen and _votes_of_grid(block) < _VOTES_OUTSIDE:
            continue
        heads: list[Row] | None = []  # where no section says so, they belong to the table of the rows below them
        for row in _grid_rows(block):
            if row.labels and not row.has_figures and (key := section_key("".join(row.labels))):
                section = table_key = key
                continue
            told = _table_of(row)
            if heads is not None and not (sections_seen or told or row.has_figures):
                heads.append(row)
                continue
            table_key = last_key = told or table_key
            if table_key in TABLE_SECTIONS:
                found[table_key] += [*(heads or ()), row]
            heads = None
        if heads and table_key in TABLE_SECTIONS:
            found[table_key] += heads
    if document.document_format in {"text", "markdown"}:
        found = {table_key: _perhaps_torn(rows) for table_key, rows in found.items()}
    return {table_key: list(_grouped(rows, table_key)) for table_key, rows in found.items()}


def is_common(label: str) -> bool:
    """Whether a label says nothing about the table it stands in."""
    return normalise(label) in COMMON_LABELS


def _votes_of_grid(grid: Grid) -> int:
    texts = {cell.text for row in grid.rows for cell in row if cell.text and len(cell.text) < 80}
    return sum(best(text, _all_labels())[1] >= _KNOWN for text in texts)


def _table_of(row: Row) -> str | None:
    """The table that a row's own labels name, None when they name none or several alike."""
    return _table_named(tuple([label for label in row.labels if len(label) <= _LONGEST_LINE]))


@remembered(4096)
def _table_named(labels: tuple[str, ...]) -> str | None:
    votes = dict.fromkeys(TABLES, 0.0)
    for label in labels:
        for table_key, score in zip(TABLES, _votes(label), strict=True):
            votes[table_key] += score
    ranked = sorted(votes.items(), key=lambda item: -item[1])
    return ranked[0][0] if ranked[0][1] > ranked[1][1] else None


@lru_cache(maxsize=4096)
def _votes(label: str) -> tuple[float, ...]:
    """How surely a label is one of each table, in the order of the tables."""
    if len(normalise(label)) < 2:
        return (0.0,) * len(TABLES)
    scores = (best(label, known_labels(table_key))[1] for table_key in TABLES)
    return tuple(score if score >= _KNOWN else 0.0 for score in scores)


def names_year(text: str) -> bool:
    """Whether a line is a caption that says which year's figures follow."""
    plain = normalise(text)
    return len(plain) <= _LONGEST_CAPTION and (
        THIS_OR_LAST_YEAR.fullmatch(plain) is not None
        or (_CAPTION_YEAR.search(plain) is not None and not _SENTENCE.search(text))
    )


def _perhaps_torn(rows: Sequence[Row]) -> list[Row]:
    """Rows of text, with a doubt where nothing but digits follows: a line break may have torn their last value."""
    kept = []
    for row, below in itertools.zip_longest(rows, rows[1:]):
        cells = (*below.label_cells, *below.values) if below else ()
        is_followed = len(cells) > 1 and all(cell.text.isdigit() for cell in cells)  # one alone numbers a page
        may_be_torn = bool(row.labels and row.values) and is_followed
        kept.append(dataclasses.replace(row, doubt=_TORN) if may_be_torn else row)
    return kept


def _is_lone_number(text: str) -> bool:
    """Whether a line is nothing but one number: of a page, or the end of one that was torn."""
    return text.strip().isdigit()


def _table_of_line(paragraph: Paragraph) -> str | None:
    """The table whose label a short line is."""
    text = paragraph.text
    if len(text) > _LONGEST_LABEL or is_common(text):
        return None
    return _table_of(Row((text,), (), (), "", "", paragraph.place))


def _line_row(paragraph: Paragraph, table_key: str) -> Row | None:
    """A row written as a line of text; lines of prose are none, whatever numbers end them."""
    if len(paragraph.text) > _LONGEST_LINE:
        return None
    if names_year(paragraph.text):
        return Row(
            (paragraph.text,), (), (GridCell(paragraph.text, 0, 1, 1, paragraph.place),), "", "", paragraph.place
        )
    match = _TRAILING_FIGURES.match(paragraph.text)
    label = match["label"].strip() if match else paragraph.text.strip()
    figures = match["figures"].split() if match else []
    if len(label) > _LONGEST_LABEL:
        return None
    is_known = bool(label) and best(label, known_labels(table_key))[1] >= _KNOWN
    if figures and not all(looks_like_figure(figure) for figure in figures):
        return None
    is_known = is_known or (is_common(label) and normalise(label) != label)  # with a number it is no head
    if not (is_known or len(figures) >= 5 or _is_lone_number(paragraph.text)):
        return None
    place = paragraph.place
    label_cells = (GridCell(label, 0, 1, 1, place),) if label else ()
    boxes = paragraph.word_boxes if len(paragraph.word_boxes) == len(paragraph.text.split()) else ()
    boxes_of_figures = boxes[len(boxes) - len(figures) :] if boxes else [None] * len(figures)
    values = tuple(
        GridCell(figure, number, 1, 1, f"{place}, figure {number}", box)
        for number, (figure, box) in enumerate(zip(figures, boxes_of_figures, strict=True), start=1)
    )
    return Row((label,) if label else (), values, label_cells, "", "", place)


def _grid_rows(grid: Grid) -> Iterator[Row]:
    reaching: list[tuple[str, int]] = []  # labels that reach down, and for how many rows more
    for cells in grid.rows:
        split = _first_value(cells)
        label_cells = tuple([cell for cell in cells[:split] if cell.text])
        group = reaching[-1][0] if reaching else ""
        reaching = [(text, left - 1) for text, left in reaching if left > 1]
        reaching += [(cell.text, cell.rowspan - 1) for cell in label_cells if cell.rowspan > 1]
        if cells:
            place = cells[0].place.rsplit(", cell", 1)[0]
            labels = tuple([cell.text for cell in label_cells])
            yield Row(labels, cells[split:], label_cells, group, grid.place, place)


def _first_value(cells: Sequence[GridCell]) -> int:
    """Index of the first cell that is a value: after the last label, blank or not."""
    texts = [cell.text for cell in cells]
    if not any(texts):
        return 0
    last_known = len(texts) - 1
    while last_known >= 0 and not _is_known(texts[last_known]):
        last_known -= 1
    for i, text in enumerate(texts):
        if text and _is_value(text):
            while i > last_known + 1 and not texts[i - 1]:
                i -= 1  # noqa: PLW2901 - back over blank values
            return max(i, last_known + 1)
    if last_known < 0:
        last = max(i for i, text in enumerate(texts) if text)
        return last + 1 if len(texts) - last > _BLANKS_LEAST else len(texts)
    return last_known + 1 if _is_row_label(texts[last_known]) else len(texts)


def _is_value(text: str) -> bool:
    """Whether a cell holds a figure, or nothing but digits that are none: two numbers in one cell."""
    return _is_value_line(text) if len(text) <= _LONGEST_LINE else _DIGITS_ONLY.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _is_value_line(text: str) -> bool:
    return looks_like_figure(text) or _DIGITS_ONLY.fullmatch(text) is not None


def _is_known(text: str) -> bool:
    if text.isascii():
        return False  # no label is; most cells are numbers
    return _is_known_line(text) if len(text) <= _LONGEST_LINE else normalise(text) in COMMON_LABELS


@lru_cache(maxsize=4096)
def _is_known_line(text: str) -> bool:
    plain = normalise(text)
    return plain in COMMON_LABELS or (len(plain) >= 2 and best(text, _all_labels())[1] >= _KNOWN)


@cache
def _row_labels() -> tuple[str, ...]:
    labels = dict.fromkeys(cell.row_label for g in GENERATIONS for cell in format_cells(g))
    variants = (label for key in TABLES for labels_of_row in label_variants(key).values() for label in labels_of_row)
    return (*labels, *variants)


def _is_row_label(text: str) -> bool:
    return best(text, _row_labels())[1] >= _KNOWN


def _grouped(rows: Sequence[Row], table_key: str) -> Iterator[Row]:
    """Rows with the group that was last named: beside them, reaching down to them, or on a line above."""
    current = ""
    for row in rows:
        outer = (row.group, *row.labels[:-1]) if row.has_figures else (row.group, *row.labels)
        for text in outer:
            if text:
                current = _group_named(text[:_LONGEST_LINE], table_key) or current
        yield row if row.group == current else dataclasses.replace(row, group=current)


@lru_cache(maxsize=4096)
def _group_named(text: str, table_key: str) -> str:
    """The group that a label is, empty if it is none or rather a row."""
    groups = group_labels(table_key)
    index, alike = best(text, groups)
    return groups[index] if alike >= _GROUP and alike > best(text, _row_labels())[1] else ""


def alike_to_group(row: Row, group: str) -> float:
    """How alike the group that a row stands in is to a group of the format, 0 when it stands in none."""
    return similarity(row.group, group) if row.group and group else 0.0

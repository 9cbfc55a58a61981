"""What the second reading goes by: stretches of text and the figures on one line behind it, in reading order.

Neither grids nor their columns are looked at: text that flows is taken as it flows, and the pages of a PDF as words
at their places. What this shares with the first reading is the text of the document, no more.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

from flows.documents import Document, Grid, Word

_LABEL_PARTS = 3
"""A label may be in pieces; the nearest so many texts before a figure are tried together."""
_LONGEST_ABOVE = 1_000
"""Characters before a stretch that are kept: enough for the heads and all labels of any of the tables."""
_LONGEST_HEAD = 40
"""A longer text is prose, whatever words it has."""
_LONGEST_FIGURE = 60
_LONGEST_LINE = 120
"""A longer paragraph is prose, whatever numbers it has."""
_STRETCHES_MOST = 2_000
"""Stretches of one document that are looked at; the real reports have some dozens."""
_WORDS_MOST = 5_000
"""A page with more words is a drawing or an attack, and nothing is told of it."""
_LINES_BESIDE = 8
"""Lines of a label at most."""
_BAND = 4.0
"""A label reaches so many of its characters' heights above and below its figures at most."""
_FIGURE = re.compile(
    r"(?:[-+−－＋↑↓]|增加?|减少?)?\s?[0-9０-９]+(?:[.,，．][0-9０-９]+)*\s?[件条项个次起份元万亿人]{0,2}\s?"
    r"(?:[(（\[［][^)）\]］]*[)）\]］]|[*#※①-⑳]+)?"
)
_MARK = re.compile(r"[/\\＼／~*—–―─−–-]{1,2}|无|不适用|N/?A")
_WORDS = re.compile(r"[\u4e00-\u9fff]")
_TRAILING = re.compile(r"(?P<label>.*?[\u4e00-\u9fff)）”])(?P<figures>(?:\s+\S+)+)\s*", re.S)


@dataclasses.dataclass(frozen=True)
class Stretch:
    """Figures on one line, and the text that leads to them."""

    labels: tuple[str, ...]
    """What may be their label: the text next to them, then with more of what stands before it."""
    above: str
    """Short texts since the figures before, each line as it stands: heads, if a table begins here."""
    values: tuple[str, ...]
    """Texts of the figures, empty where the document states a blank."""
    heads: tuple[str, ...] = ()
    """What stands above each of the figures; only where places are known."""
    spans: tuple[tuple[float, float], ...] = ()
    """Left and right end of each figure in points; only where places are known."""
    may_be_torn: bool = False
    """Whether a number alone follows, which may be the end of the last figure."""

    @cached_property
    def filled(self) -> tuple[str, ...]:
        """The values that are not blank."""
        return tuple(filter(None, self.values))


def is_figure(text: str) -> bool:
    """Whether a text is a number as people print them, or a mark for "nothing to state"."""
    return len(text) < _LONGEST_FIGURE and _is_figure(text)


@lru_cache(maxsize=16384)
def _is_figure(text: str) -> bool:
    return (_FIGURE.fullmatch(text) or _MARK.fullmatch(text)) is not None


def stretches(document: Document) -> list[Stretch]:
    """The stretches of a document in reading order."""
    found = _by_places(document.words) if document.words else _by_flow(document)
    return list(itertools.islice(found, _STRETCHES_MOST))


def _lines(document: Document) -> Iterator[Sequence[str]]:
    """The texts of a document in their order, line by line."""
    for block in document.blocks:
        if isinstance(block, Grid):
            for row in block.rows:
                yield [cell.text for cell in row]
        elif len(block.text) <= _LONGEST_LINE and (match := _TRAILING.fullmatch(block.text)):
            yield [match["label"], *match["figures"].split()]
        else:
            yield [block.text]


def _by_flow(document: Document) -> Iterator[Stretch]:
    """Stretches of text that flows: each line with figures, and the text before them since the figures before.

    A label on a line of its own is that of the figures on the next line, unless more lines of figures alone follow:
    then it is the last of several labels that stand apart from their figures.
    """
    held: Stretch | None = None
    is_label_apart = False
    texts: list[str] = []
    above: list[str] = []
    for line in _lines(document):
        above.append("\n")
        for run_texts, values in _runs(line):
            has_text = bool(run_texts)
            texts += run_texts
            above += run_texts
            if not any(values) and not (values and has_text):
                continue
            stretch = _stretch(texts, above, values)
            if held:
                is_bare = not texts
                is_label_of_another = is_bare and is_label_apart and len(stretch.filled) > 1
                may_be_torn = is_bare and len(stretch.filled) == 1
                if is_label_of_another or may_be_torn:
                    labels = () if is_label_of_another else held.labels
                    held = dataclasses.replace(held, labels=labels, may_be_torn=may_be_torn)
                yield held
            held, is_label_apart = stretch, not has_text
            texts = []
            if any(values):
                above = []
    if held:
        yield held


def _runs(line: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    """The parts of one line: words, then the figures and blanks behind them. Blanks before the words are none."""
    words: list[str] = []
    values: list[str] = []
    for raw in line:
        text = raw.strip()
        if not text or is_figure(text):
            values.append(text)
            continue
        if any(values):
            yield words, values
            words = []
        values = []
        words += [text] if _WORDS.search(text) else []
    yield words, values


def _stretch(texts: Sequence[str], above: Sequence[str], values: Sequence[str]) -> Stretch:
    near = list(texts[-_LABEL_PARTS:])
    labels = tuple("".join(near[-count:]) for count in range(1, len(near) + 1))
    heads = "\t".join([text for text in above if len(text) <= _LONGEST_HEAD])
    return Stretch(labels, heads[-_LONGEST_ABOVE:], tuple(values))


def _by_places(words: Sequence[Word]) -> Iterator[Stretch]:
    for _, of_page in itertools.groupby(words, key=lambda word: word.page_number):
        page = sorted(of_page, key=lambda word: (-word.y, word.x0))
        if len(page) > _WORDS_MOST:
            continue
        texts = [word for word in page if not is_figure(word.text)]
        rows = list(_rows([word for word in page if is_figure(word.text)]))
        for index, row in enumerate(rows):
            y = row[0].y
            reach = _BAND * max(word.size for word in row)
            top = min((rows[index - 1][0].y + y) / 2, y + reach) if index else y + reach
            bottom = max((rows[index + 1][0].y + y) / 2, y - reach) if index + 1 < len(rows) else y - reach
            left = [word for word in texts if word.x1 <= row[0].x0 and bottom <= word.y <= top]
            ceiling = rows[index - 1][0].y if index else float("inf")
            above = [word for word in texts if y < word.y < ceiling and len(word.text) <= _LONGEST_HEAD]
            if left or len(row) > 1:
                values = tuple(word.text for word in row)
                whole = "".join(word.text for word in above)[-_LONGEST_ABOVE:]
                spans = tuple((word.x0, word.x1) for word in row)
                yield Stretch(_labels_beside(left, y), whole, values, _heads(above, row), spans)


def _heads(above: Sequence[Word], row: Sequence[Word]) -> tuple[str, ...]:
    """The text above each figure of a row, from top to bottom: words whose middle is nearest to the figure's."""
    heads = [""] * len(row)
    middles = [(word.x0 + word.x1) / 2 for word in row]
    for word in above:
        middle = (word.x0 + word.x1) / 2
        nearest = min(range(len(row)), key=lambda index: abs(middles[index] - middle))
        if word.x0 <= middles[nearest] <= word.x1:
            heads[nearest] += word.text
    return tuple(heads)


def _rows(figures: Sequence[Word]) -> Iterator[list[Word]]:
    """Figures at one height, from left to right; they come from top to bottom."""
    row: list[Word] = []
    for word in figures:
        if row and abs(row[0].y - word.y) >= 0.5 * min(row[0].size, word.size):
            yield sorted(row, key=lambda one: one.x0)
            row = []
        row.append(word)
    if row:
        yield sorted(row, key=lambda one: one.x0)


def _labels_beside(words: Sequence[Word], y: float) -> tuple[str, ...]:
    """What may be the label of figures at a height: lines of the nearest column about that height, fewest first.

    Labels and figures stand in the middle of their row: the lines of a label have the figures' height between them.
    """
    if not words:
        return ()
    innermost = max(words, key=lambda word: word.x1)
    column = [word for word in words if word.x1 > innermost.x0]
    nearest = sorted(column, key=lambda word: abs(word.y - y))[:_LINES_BESIDE]
    column = sorted(nearest, key=lambda word: (-word.y, word.x0))
    near = 0.5 * innermost.size
    centred = [
        column[start:end]
        for start in range(len(column))
        for end in range(start + 1, len(column) + 1)
        if abs((column[start].y + column[end - 1].y) / 2 - y) < near
    ]
    labels = ["".join(word.text for word in lines) for lines in sorted(centred, key=len)]
    return tuple(dict.fromkeys([*labels[:_LABEL_PARTS], "".join(word.text for word in column)]))

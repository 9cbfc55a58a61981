"""The list of quirks, and documents drawn from it: a seed gives a layout, its quirks, its format and its truth."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence

from tests.layouts import quirk_labels as labels
from tests.layouts import quirk_pages as pages
from tests.layouts import quirk_tables as tables
from tests.layouts import quirk_values as values
from tests.layouts.forms import draw_layout
from tests.layouts.model import Key, Layout, Truth
from tests.layouts.render import FORMATS
from tests.layouts.scan import SCANS

WITH_SPANS = frozenset({"html", "html_word", "docx", "pdf"})
HTML = frozenset({"html", "html_word"})
NOT_PDF = frozenset(FORMATS) - {"pdf"}
QUIRKS_MOST = 5


@dataclasses.dataclass(frozen=True)
class Quirk:
    """One thing that real documents do. Of one `aspect` a document has one quirk at most."""

    bend: Callable[[random.Random, Layout], None]
    aspect: str
    formats: frozenset[str] = frozenset(FORMATS)

    @property
    def name(self) -> str:
        """The name of its function."""
        return self.bend.__name__


QUIRKS = (
    # replace whole tables first, so that the others bend what is printed
    Quirk(tables.single_other_row, "generation"),
    Quirk(tables.heads_of_2019_first_block, "generation"),
    Quirk(values.digit_missing, "faults"),
    Quirk(values.zeros_blank, "zeros"),
    Quirk(values.zeros_as_marks, "zeros"),
    Quirk(values.some_zeros_blank, "zeros"),
    Quirk(values.only_totals, "totals"),
    Quirk(values.outcome_totals_blank, "totals"),
    Quirk(tables.subtotal_column, "columns"),
    Quirk(tables.years_side_by_side, "columns"),
    Quirk(tables.span_trap_requests, "columns", WITH_SPANS),
    Quirk(tables.span_trap_disclosure, "disclosure", WITH_SPANS),
    Quirk(tables.extra_row, "rows"),
    Quirk(values.words_for_signs, "signs"),
    Quirk(values.units, "units"),
    Quirk(values.remarks, "remarks"),
    Quirk(values.thousands_separators, "digits"),
    Quirk(values.full_width_digits, "digits"),
    Quirk(values.spaces_in_cells, "blanks", NOT_PDF),
    Quirk(labels.other_numbering, "numbering"),
    Quirk(labels.numbering_lost, "numbering"),
    Quirk(labels.misprints, "characters"),
    Quirk(labels.misread_characters, "characters"),
    Quirk(labels.traditional_characters, "characters"),
    Quirk(labels.half_width_brackets, "brackets"),
    Quirk(labels.split_heads, "heads", WITH_SPANS),
    Quirk(labels.vertical_text, "vertical", WITH_SPANS),
    Quirk(labels.some_labels_lost, "labels"),
    Quirk(labels.all_labels_lost, "labels"),
    Quirk(labels.torn_label, "cut"),
    Quirk(labels.torn_group, "cut", WITH_SPANS),
    Quirk(tables.empty_cells, "empty"),
    Quirk(tables.ragged_empty_cells, "empty"),
    Quirk(tables.page_numbers, "rows", NOT_PDF),
    Quirk(tables.repeated_heads, "rows"),
    Quirk(tables.derived_tables, "derived"),
    Quirk(tables.one_table_in_many, "cut"),
    Quirk(tables.labels_parted_from_values, "cut"),
    Quirk(tables.groups_interleaved, "cut"),
    Quirk(tables.labels_on_lines_above, "cut"),
    Quirk(tables.table_of_particulars, "before"),
    Quirk(pages.title_over_two_lines, "title"),
    Quirk(pages.title_without_year, "title"),
    Quirk(pages.title_otherwise, "title"),
    Quirk(pages.section_numbers_off, "headings"),
    Quirk(pages.headings_missing, "headings"),
    Quirk(pages.sections_missing, "sections"),
    Quirk(pages.headings_with_nothing, "sections"),
    Quirk(pages.encoded_in_gbk, "encoding", HTML | {"text"}),
    Quirk(pages.spans_repeated, "spans", HTML | {"text", "markdown"}),
    Quirk(pages.unclosed_tags, "markup", frozenset({"html_word"})),
)
"""In the order in which they are applied: values, then labels, then rows and columns, then what is around them."""
BY_NAME = {quirk.name: quirk for quirk in QUIRKS}


@dataclasses.dataclass(frozen=True)
class Sample:
    """One document of the corpus."""

    seed: str
    document_format: str
    quirks: tuple[str, ...]
    payload: bytes
    truth: Truth
    printed: tuple[str, ...]
    """Texts of the cells with figures, as printed."""
    untold: frozenset[Key] = frozenset()
    """Figures that nobody could know: what told them from others is not in the document."""


def draw(seed: str, document_format: str | None = None, quirks: tuple[str, ...] | None = None) -> Sample:
    """The document of a seed. A format or quirks that are given stand for those that would be drawn.

    The format may be one of `FORMATS`, of which one is drawn, or of `SCANS`.
    """
    layout, drawn_format, names = draw_bent(seed, document_format, quirks)
    if document_format in SCANS:
        payload = SCANS[document_format](layout, random.Random(f"{seed}/{document_format}"))
    else:
        payload = FORMATS[document_format or drawn_format](layout)
    printed = tuple(slot.text for slot in layout.slots())
    return Sample(seed, document_format or drawn_format, names, payload, layout.truth(), printed, layout.untold())


def draw_bent(
    seed: str, document_format: str | None = None, quirks: tuple[str, ...] | None = None
) -> tuple[Layout, str, tuple[str, ...]]:
    """The layout of a seed with its quirks, the format that is drawn for it, and the names of the quirks."""
    rng = random.Random(seed)
    layout = draw_layout(rng)
    drawn_format = rng.choice(tuple(FORMATS))
    drawn_quirks = _draw_quirks(rng, document_format or drawn_format)
    names = drawn_quirks if quirks is None else quirks
    for quirk in QUIRKS:
        if quirk.name in names:
            quirk.bend(random.Random(f"{seed}/{quirk.name}"), layout)
    return layout, drawn_format, names


def _draw_quirks(rng: random.Random, document_format: str) -> tuple[str, ...]:
    """None to several quirks that the format can have, of different aspects."""
    names = [quirk.name for quirk in QUIRKS if _printed_as(document_format) in quirk.formats]
    return together(rng.sample(names, rng.randint(0, QUIRKS_MOST)), document_format)


def _printed_as(document_format: str) -> str:
    """The format whose quirks a document can have: a scan is of a page that was printed as a PDF."""
    return "pdf" if document_format in SCANS else document_format


def together(names: Sequence[str], document_format: str) -> tuple[str, ...]:
    """Those of some quirks that a document of the format can have at once: the first of each aspect, in order."""
    chosen: dict[str, Quirk] = {}
    for name in names:
        if _printed_as(document_format) in BY_NAME[name].formats:
            chosen.setdefault(BY_NAME[name].aspect, BY_NAME[name])
    return tuple(quirk.name for quirk in QUIRKS if quirk in chosen.values())

"""The second reading: known answers from every form, what it does not tell, and a first reading it contradicts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.documents import Document, Grid, Limits, Paragraph, Word, read_document
from flows.formats import format_cells
from flows.records import Agreement, CellKind
from flows.reports import reader
from flows.reports.agreement import Key, compare, places_apart
from flows.reports.reader import Hints, Reading, read_report
from flows.reports.second_reading import read_again
from flows.reports.second_stretches import is_figure, stretches
from tests.layouts.quirks import draw
from tests.unit.reports_builder import (
    Table,
    Td,
    disclosure_table,
    docx_report,
    html_page,
    html_table,
    labels_and_values,
    made_up_figures,
    page_of,
    requests_table,
    row_index,
    tab_text,
    three_tables,
)

GENERATIONS = ("2021", "2019")
FIGURES = made_up_figures("2021")
FORMS = [page_of, tab_text, docx_report]
PLAIN = {name: draw("second:1", name, ()) for name in ("html", "html_word", "docx", "text", "markdown", "pdf")}


def document_of(payload: bytes) -> Document:
    return read_document(payload, Limits())


def with_table(number: int, table: Table) -> list[Table]:
    tables = three_tables("2021", FIGURES)
    tables[number] = table
    return tables


def read_first(document: Document) -> Reading:
    return read_report(document, document_id="d" * 32, hints=Hints())


def of_table(found: dict[Key, str], table_key: str) -> dict[Key, str]:
    return {key: text for key, text in found.items() if key[0] == table_key}


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("form", FORMS)
def test_every_cell_of_text_that_flows(form: Callable[[Sequence[Table]], bytes], generation: str) -> None:
    figures = made_up_figures(generation)
    assert read_again(document_of(form(three_tables(generation, figures)))) == figures


@pytest.mark.parametrize("name", PLAIN)
def test_every_cell_of_a_document_without_quirks(name: str) -> None:
    document = document_of(PLAIN[name].payload)
    assert bool(document.words) is (name == "pdf")
    found = {key: Decimal(text) for key, text in read_again(document).items()}
    assert found == PLAIN[name].truth
    assert {cell.agreement for cell in read_first(document).cells} == {"agreed"}


def test_words_of_a_pdf_need_no_grid() -> None:
    document = document_of(PLAIN["pdf"].payload)
    bare = dataclasses.replace(document, blocks=tuple(b for b in document.blocks if isinstance(b, Paragraph)))
    assert read_again(bare) == read_again(document) != {}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", ["lost", "misprinted"])
def test_a_row_between_known_ones_is_told_by_its_order(form: Callable[[Sequence[Table]], bytes], way: str) -> None:
    table = requests_table("2021", FIGURES)
    index = row_index(table, "4.保护第三方合法权益")
    labels, values = labels_and_values(table[index])
    table[index] = [*labels[:-1], Td("甲乙丙丁" if way == "misprinted" else ""), *values]
    assert read_again(document_of(form(with_table(1, table)))) == FIGURES


def test_a_row_too_many_without_a_label_leaves_its_neighbours_only() -> None:
    table = requests_table("2021", FIGURES)
    index = row_index(table, "2.重复申请")
    labels, values = labels_and_values(table[index])
    table[index] = [*labels[:-1], Td("甲乙丙丁"), *values]
    table.insert(index, [Td(""), *(Td("7") for _ in range(7))])
    found = read_again(document_of(page_of(with_table(1, table))))
    assert found == {key: text for key, text in FIGURES.items() if key[1] != "not_processed_duplicate"}


@pytest.mark.parametrize("blank_count", [1, 6])
def test_blanks_are_told_only_where_the_row_has_its_columns(blank_count: int) -> None:
    table = requests_table("2021", FIGURES)
    index = row_index(table, "（二）部分公开")
    labels, values = labels_and_values(table[index])
    table[index] = [*labels, *[Td()] * blank_count, *values[blank_count:]]
    found = read_again(document_of(page_of(with_table(1, table))))
    row = [text for key, text in found.items() if key[1] == "partially_granted"]
    assert row == [""] * blank_count + [value.text for value in values[blank_count:]]
    table[index] = [*labels, *[Td()] * (blank_count + 1), *values[blank_count:]]
    found = read_again(document_of(page_of(with_table(1, table))))
    assert not any(key[1] == "partially_granted" for key in found)
    assert len(found) == len(FIGURES) - 7


def test_a_torn_label_beside_blanks_is_no_row_of_blanks() -> None:
    table = requests_table("2021", FIGURES)
    index = row_index(table, "2.其他法律行政法规禁止公开")
    table.insert(index + 1, [Td("法律行政法规禁止公开"), *(Td() for _ in range(7))])
    table[index][-8] = Td("2.其他")
    assert read_again(document_of(page_of(with_table(1, table)))) == FIGURES


def bent_subtotal(row: list[Td]) -> list[Td]:
    labels, values = labels_and_values(row)
    return [*labels, *values[:-1], Td("9"), values[-1]]


def bent_total_first(row: list[Td]) -> list[Td]:
    labels, values = labels_and_values(row)
    return [*labels, values[-1], *values[:-1]]


@pytest.mark.parametrize(
    ("bend", "head"),
    [(bent_subtotal, None), (bent_total_first, [Td("总计"), Td("自然人"), Td("法人或其他组织", 5)])],
)
def test_other_columns_than_the_format_s_are_not_told(
    bend: Callable[[list[Td]], list[Td]], head: list[Td] | None
) -> None:
    table = requests_table("2021", FIGURES)
    table[1] = head or table[1]
    table[3:] = [bend(row) for row in table[3:]]
    found = read_again(document_of(page_of(with_table(1, table))))
    assert of_table(found, "requests") == {}
    assert len(found) == len(FIGURES) - 25 * 7


def test_a_table_of_differences_is_not_told() -> None:
    other = {key: f"-{number}" for number, key in enumerate(FIGURES, start=1)}
    parts = [
        html_table(own) + html_table(derived)
        for own, derived in zip(three_tables("2021", FIGURES), three_tables("2021", other), strict=True)
    ]
    found = read_again(document_of(html_page(parts)))
    assert of_table(found, "requests") == of_table(FIGURES, "requests")
    assert of_table(found, "disputes") == of_table(FIGURES, "disputes")
    assert of_table(found, "proactive_disclosure") == {}


def test_a_table_that_is_there_twice_is_told_where_both_are_the_same() -> None:
    other = dict(FIGURES) | {("requests", "granted", "total"): "999"}
    parts = [
        html_table(one) + html_table(two)
        for one, two in zip(three_tables("2021", FIGURES), three_tables("2021", other), strict=True)
    ]
    found = read_again(document_of(html_page(parts)))
    assert found == {key: text for key, text in FIGURES.items() if key != ("requests", "granted", "total")}


def test_a_number_that_may_be_torn_is_not_told() -> None:
    text = tab_text(three_tables("2021", FIGURES)).decode()
    key = ("proactive_disclosure", "licensing", "decisions")
    torn = text.replace(f"行政许可\t{FIGURES[key]}", f"行政许可\t{FIGURES[key][0]}\n{FIGURES[key][1:]}")
    assert torn != text
    assert read_again(document_of(torn.encode())) == {k: v for k, v in FIGURES.items() if k != key}


def test_labels_parted_from_their_figures_go_by_order_alone() -> None:
    table = requests_table("2021", FIGURES)
    labels = html_table([[row[-8]] for row in table[3:]])
    values = html_table([row[-7:] for row in table[3:]])
    first, _, third = (html_table(one) for one in three_tables("2021", FIGURES))
    assert read_again(document_of(html_page([first, labels + values, third]))) == FIGURES


def test_heads_of_2019_over_the_first_block_of_a_form_of_2021() -> None:
    table = disclosure_table("2021", FIGURES)
    table[1] = [table[1][0], Td("本年新制作数量"), Td("本年新公开数量"), Td("对外公开总数量")]
    found = of_table(read_again(document_of(page_of(with_table(0, table)))), "proactive_disclosure")
    assert {key[2] for key in found if key[1] == "regulations"} == {
        "newly_made",
        "newly_disclosed",
        "total_disclosed",
    }
    assert found["proactive_disclosure", "licensing", "decisions"] == "49"


def test_empty_cells_behind_heads_and_figures_change_nothing() -> None:
    tables = [[[*row, Td(), Td()] for row in table] for table in three_tables("2021", FIGURES)]
    assert read_again(document_of(page_of(tables))) == FIGURES


def test_the_label_of_the_last_row_torn_beside_blanks() -> None:
    table = requests_table("2021", FIGURES)
    _, values = labels_and_values(table[-1])
    table[-1] = [Td("四、结转下年度继", 3), *(Td() for _ in range(7))]
    table.append([Td("续办理", 3), *values])
    assert read_again(document_of(page_of(with_table(1, table)))) == FIGURES


@pytest.mark.parametrize("count", [3, 30])
def test_documents_made_to_take_long_are_cut_short(count: int) -> None:
    lines = [Paragraph(f"行政许可 {number}", f"line {number}") for number in range(1000 * count)]
    assert len(stretches(Document("text", "", {}, tuple(lines)))) == 2000
    page = [Word("许" if n % 2 else "7", 1, n % 90, n % 90 + 1, n // 90, 8) for n in range(1000 * count)]
    assert bool(stretches(Document("pdf", "", {}, (), words=tuple(page)))) is (count == 3)


def test_prose_and_nothing_at_all_hold_no_cell() -> None:
    assert read_again(Document("text", "", {}, ())) == {}
    prose = Paragraph("本年新收政府信息公开申请 12 件，予以公开 3 件，结转下年度 4", "line 1")
    assert read_again(Document("text", "", {}, (prose,))) == {}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("0", True),
        ("1,234", True),
        ("１２", True),
        ("251000元", True),
        ("22（其中修订16件）", True),
        ("减4", True),
        ("12①", True),
        ("—", True),
        ("不适用", True),
        ("3.", False),
        ("1.属于国家秘密", False),
        ("2024-01-15", False),
        ("6 1", False),
        ("", False),
        ("7" * 60, False),
    ],
)
def test_what_a_figure_is(text: str, is_one: bool) -> None:
    assert is_figure(text) is is_one


def test_places_decide_where_words_were_written_in_any_order() -> None:
    words = [
        Word("7", 1, 300, 305, 500, 8),
        Word("行政处罚", 1, 100, 140, 470, 8),
        Word("9", 1, 300, 305, 470, 8),
        Word("行政许可", 1, 100, 140, 500, 8),
    ]
    found = stretches(Document("pdf", "", {}, (), words=tuple(words)))
    assert [(stretch.labels[0], stretch.values) for stretch in found] == [("行政许可", ("7",)), ("行政处罚", ("9",))]


@pytest.mark.parametrize(
    ("first", "second", "agreement", "doubt"),
    [
        ("43", "43", "agreed", None),
        ("1,043", "１０４３", "agreed", None),
        ("22（其中修订16件）", "22", "agreed", None),
        ("", "", "agreed", None),
        ("6 1", "61", "disagreed", "the second reading takes 61"),
        ("34", "43", "disagreed", "the second reading takes 43"),
        ("34", "", "disagreed", "the second reading takes a blank"),
        ("", "0", "disagreed", "the second reading takes 0"),
        ("/", "", "disagreed", "the second reading takes a blank"),
        (None, "43", "disagreed", "the second reading takes 43"),
        ("34", None, "one_reading", None),
        (None, None, "one_reading", None),
    ],
)
def test_what_two_readings_say_together(
    first: str | None, second: str | None, agreement: str, doubt: str | None
) -> None:
    opinion = compare(first, second, "count", "件")
    assert (opinion.agreement, opinion.doubt) == (Agreement(agreement), doubt)


def test_rows_and_columns_of_another_generation_speak_against_those_in_their_place() -> None:
    first = {(key[0], key[1], key[2]) for key in FIGURES}
    second = {key: text for key, text in FIGURES.items() if key[1] not in {"other_reason", "regulations"}}
    second |= {("requests", "other", "total"): "8", ("proactive_disclosure", "regulations", "newly_made"): "1"}
    assert places_apart(first, second) == {
        ("requests", "other_reason"): "the second reading has other/total, which the first has not",
        (
            "proactive_disclosure",
            "regulations",
        ): "the second reading has regulations/newly_made, which the first has not",
    }
    assert places_apart(first, FIGURES) == {}
    assert places_apart(first, {("requests", "other", "total"): ""}) == {}


@pytest.mark.parametrize("column", [0, 3, 6])
def test_a_column_without_a_figure_is_a_blank_where_words_have_places(column: int) -> None:
    middles = [250.0 + 40 * i for i in range(7)]
    rows = [("一、本年新收政府信息公开申请数量", "7654321"), ("二、上年结转政府信息公开申请数量", "1234567")]
    words = [
        word
        for i, (label, figures) in enumerate(rows)
        for word in [
            Word(label, 1, 50, 200, 500 - 30 * i, 8),
            *(Word(f, 1, x - 2, x + 2, 500 - 30 * i, 8) for f, x in zip(figures, middles, strict=True)),
        ]
    ]
    del words[8 + 1 + column]
    found = read_again(Document("pdf", "", {}, (), words=tuple(words)))
    texts = [text for key, text in found.items() if key[1] == "carried_in"]
    assert texts == ["" if i == column else text for i, text in enumerate("1234567")]


def test_the_second_value_is_in_the_unit_of_the_format() -> None:
    opinion = compare("25.1", "251000元", "amount", "万元")
    assert (opinion.agreement, opinion.number) == (Agreement.AGREED, Decimal("25.1"))


def test_a_second_recognition_of_the_cell_s_picture_goes_before_the_text_in_order() -> None:
    document = document_of(page_of(three_tables("2021", FIGURES)))
    key = ("requests", "granted", "total")
    bent = [
        dataclasses.replace(block, rows=tuple(map(recognised_again, block.rows)))
        if isinstance(block, Grid)
        else block
        for block in document.blocks
    ]
    cells = {(c.table_key, c.row_key, c.column_key): c for c in read_first(replaced(document, bent)).cells}
    doubtful = [k for k, cell in cells.items() if cell.doubt]
    assert doubtful == [key]
    assert (cells[key].second_value, cells[key].second_number) == ("8", Decimal(8))


def recognised_again(row):
    """The last figure of （一）予以公开 is taken for 8 by a second look."""
    if not any(cell.text == "（一）予以公开" for cell in row):
        return row
    return (*row[:-1], dataclasses.replace(row[-1], second_text="8"))


def replaced(document: Document, blocks: Sequence[object]) -> Document:
    return dataclasses.replace(document, blocks=tuple(blocks))


@cache
def plain_pdf() -> Document:
    return document_of(PLAIN["pdf"].payload)


@settings(max_examples=30, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_two_figures_swapped_in_the_grid_of_a_pdf_are_both_doubtful(data: st.DataObject) -> None:
    """The first reading goes by the grid that ruling lines make, the second by the words: only one is bent."""
    document = plain_pdf()
    places = [
        (number, row, cell)
        for number, block in enumerate(document.blocks)
        if isinstance(block, Grid)
        for row, cells in enumerate(block.rows)
        for cell, one in enumerate(cells)
        if one.text.isdigit() and len(cells) >= 7
    ]
    one, other = data.draw(st.lists(st.sampled_from(places), min_size=2, max_size=2, unique=True))
    texts = {at: text_at(document, at) for at in (one, other)}
    bent = put_text(put_text(document, one, texts[other]), other, texts[one])
    before = PLAIN["pdf"].truth
    changed = [
        cell
        for cell in read_first(bent).cells
        if cell.cell_kind != CellKind.ABSENT and cell.value != before[cell.table_key, cell.row_key, cell.column_key]
    ]
    assert all(cell.agreement == Agreement.DISAGREED and cell.doubt for cell in changed)
    assert (len(changed) == 2) is (texts[one] != texts[other])


def text_at(document: Document, at: tuple[int, int, int]) -> str:
    block = document.blocks[at[0]]
    assert isinstance(block, Grid)
    return block.rows[at[1]][at[2]].text


def put_text(document: Document, at: tuple[int, int, int], text: str) -> Document:
    block = document.blocks[at[0]]
    assert isinstance(block, Grid)
    row = list(block.rows[at[1]])
    row[at[2]] = dataclasses.replace(row[at[2]], text=text)
    rows = [*block.rows[: at[1]], tuple(row), *block.rows[at[1] + 1 :]]
    blocks = list(document.blocks)
    blocks[at[0]] = dataclasses.replace(block, rows=tuple(rows))
    return replaced(document, blocks)


@pytest.mark.parametrize("form", FORMS)
def test_two_columns_swapped_by_the_first_reading_are_doubtful(
    form: Callable[[Sequence[Table]], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def swapping(*arguments):
        table = honest(*arguments)
        for row in {key[0] for key in table.cells}:
            a, b = (row, "natural_person"), (row, "total")
            table.cells[a], table.cells[b] = table.cells[b], table.cells[a]
        return table

    honest = reader.read_requests
    monkeypatch.setattr(reader, "read_requests", swapping)
    cells = read_first(document_of(form(three_tables("2021", FIGURES)))).cells
    doubtful = {(c.table_key, c.row_key, c.column_key) for c in cells if c.doubt}
    differing = {
        ("requests", cell.row_key, column)
        for cell in format_cells("2021")
        if cell.table_key == "requests"
        for column in ("natural_person", "total")
        if FIGURES["requests", cell.row_key, "natural_person"] != FIGURES["requests", cell.row_key, "total"]
    }
    assert doubtful == differing

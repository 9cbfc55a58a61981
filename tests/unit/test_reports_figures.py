"""From the text of a cell to kind, printed form, value and remark."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flows.records import CellKind
from flows.reports.figures import Figure, holds_number, looks_like_figure, read_figure


def number(printed: str, value: str, remark: str | None = None) -> Figure:
    kind = CellKind.ZERO if Decimal(value) == 0 else CellKind.NUMBER
    return Figure(kind, printed, Decimal(value), remark)


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("0", number("0", "0")),
        (" 22 ", number("22", "22")),
        ("1,234,567", number("1234567", "1234567")),
        ("１２３４", number("1234", "1234")),
        ("1，234", number("1234", "1234")),
        ("22（其中修订16件）", number("22", "22", "其中修订16件")),
        ("12*", number("12", "12", "*")),
        ("12①", number("12", "12", "①")),
        ("6件", number("6件", "6")),
        ("999999999999.999999", number("999999999999.999999", "999999999999.999999")),
    ],
)
def test_counts(text: str, figure: Figure) -> None:
    assert read_figure(text, "count", "件") == figure


@pytest.mark.parametrize(
    "text", ["1 234", "约3", "3-5", "十二", "1234567890123", "0.1234567", "1,23", "251000元", "减4", "- 5 -", "12²"]
)
def test_what_is_no_plain_number_stays_text(text: str) -> None:
    assert read_figure(text, "count", "件") == Figure(CellKind.TEXT)


@pytest.mark.parametrize("text", ["/", "／", "-", "—", "——", "－", "无", "不适用"])
def test_marks(text: str) -> None:
    assert read_figure(text, "count", "件") == Figure(CellKind.NOT_APPLICABLE)


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_a_blank_is_never_a_zero(text: str) -> None:
    assert read_figure(text, "count", "件") == Figure(CellKind.BLANK)


@pytest.mark.parametrize(
    ("text", "printed", "value"),
    [
        ("+19", "+19", "19"),
        ("-11", "-11", "-11"),
        ("－11", "-11", "-11"),
        ("减4", "减4", "-4"),
        ("增加3", "增加3", "3"),
        ("0", "0", "0"),
    ],
)
def test_changes_have_signs(text: str, printed: str, value: str) -> None:
    assert read_figure(text, "change", "项") == number(printed, value)


@pytest.mark.parametrize(
    ("text", "unit", "printed", "value"),
    [
        ("4068.208", "万元", "4068.208", "4068.208"),
        ("251000元", "万元", "251000元", "25.1"),
        ("240万元", "万元", "240万元", "240"),
        ("1.5亿元", "万元", "1.5亿元", "15000"),
        ("251000元", "as printed", "251000元", "251000"),
        ("0.00", "万元", "0.00", "0"),
    ],
)
def test_amounts_in_the_unit_of_the_format(text: str, unit: str, printed: str, value: str) -> None:
    assert read_figure(text, "amount", unit) == number(printed, value)


def test_an_amount_beyond_six_places_is_not_rounded() -> None:
    assert read_figure("1.23元", "amount", "万元").value == Decimal("0.000123")
    assert read_figure("1.234元", "amount", "万元").kind == CellKind.TEXT


def test_what_counts_as_a_figure() -> None:
    assert [looks_like_figure(text) for text in ("7", "减4", "251000元", "/", "", "规章", "第二十条")] == [
        True
    ] * 4 + [False] * 3
    assert [holds_number(text) for text in ("约3", "/", "其他")] == [True, False, False]

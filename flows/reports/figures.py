"""What stands in a cell: its kind, its value in the unit of the format, its printed form and its remark.

A blank is never made 0, and a number that does not fit the warehouse's DECIMAL(18, 6) is never rounded.
"""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal
from functools import lru_cache

from flows.documents.document import UNREAD
from flows.records import VALUE_PRECISION, VALUE_SCALE, CellKind


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One cell as it is read."""

    kind: CellKind
    printed: str = ""
    value: Decimal | None = None
    remark: str | None = None


MARKS = frozenset({"/", "\\", "-", "--", "—", "——", "–", "―", "─", "−", "~", "*", "//", "无", "不适用", "NA", "N/A"})
"""What is printed for "there is nothing to state here"."""

_MONEY = {"元": Decimal("0.0001"), "万元": Decimal(1), "亿元": Decimal(10_000)}
"""万元 in one of each unit of money."""
_UNITS = "件|条|项|个|次|起|份|宗|例|人次|人|户|部|篇|万元|亿元|元"
_GREATEST = Decimal(10) ** (VALUE_PRECISION - VALUE_SCALE)

_NUMBER = re.compile(
    r"(?P<sign>[+-]|增加|减少|增|减|↑|↓)?\s?"
    r"(?P<digits>[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?|(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)\s?"
    rf"(?P<unit>{_UNITS})?\s?"
    r"(?P<remark>\(.*\)|\[.*\]|[*#※①-⑳]+)?",
    re.S,
)
_LONGEST = 200
"""No figure with its remark is longer."""
_DOWN = {"-", "减少", "减", "↓"}
_NARROW = (
    {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
    | {ord(dash): "-" for dash in "−–﹣‐‑"}
    | {0x3000: " ", ord("﹢"): "+"}
)
"""Full-width forms to half-width ones. Not Unicode's NFKC, which would make the note mark of `12①` a digit."""


def narrow(text: str) -> str:
    """A text with full-width digits, signs and brackets made half-width; marks of notes (`①`) stay what they are."""
    return text if text.isascii() else text.translate(_NARROW)


@lru_cache(maxsize=16384)
def read_figure(text: str, measure_kind: str, unit: str) -> Figure:  # noqa: PLR0911 - one answer a kind
    """The figure in a cell of the given measure kind (count, amount, change) and unit of the format.

    `22（其中修订16件）` is 22 with a remark. An amount that is printed in another unit of money than the format's
    is converted to it (`251000元` is 25.1 in a cell of 万元), and its printed form keeps the unit. Where the format's
    unit is `as printed` nothing is converted. Words before the sign of a change (`减4`) make it negative.
    """
    stripped = text.strip()
    if not stripped:
        return Figure(CellKind.BLANK)
    if len(stripped) > _LONGEST:
        return Figure(CellKind.TEXT)
    plain = narrow(stripped).strip()
    if plain in MARKS or stripped in MARKS:
        return Figure(CellKind.NOT_APPLICABLE)
    match = _NUMBER.fullmatch(plain)
    if match is None:
        return Figure(CellKind.TEXT)
    sign, digits, stated_unit = match["sign"] or "", match["digits"].replace(",", ""), match["unit"] or ""
    if sign in {"增加", "减少", "增", "减", "↑", "↓"} and measure_kind != "change":
        return Figure(CellKind.TEXT)
    value = Decimal(digits)
    if sign in _DOWN:
        value = -value
    if stated_unit in _MONEY:
        if measure_kind != "amount":
            return Figure(CellKind.TEXT)
        if unit == "万元":
            value *= _MONEY[stated_unit]
    elif stated_unit and measure_kind == "amount":
        return Figure(CellKind.TEXT)
    if not _fits(value):
        return Figure(CellKind.TEXT)
    kind = CellKind.ZERO if value == 0 else CellKind.NUMBER
    return Figure(kind, f"{sign}{digits}{stated_unit}", value, _remark(match["remark"]))


@lru_cache(maxsize=8192)
def _looks_like_figure(text: str) -> bool:
    kinds = {read_figure(text, measure_kind, "").kind for measure_kind in ("change", "amount")}
    return bool(kinds & {CellKind.NUMBER, CellKind.ZERO, CellKind.NOT_APPLICABLE})


def looks_like_figure(text: str) -> bool:
    """Whether a cell holds a number, a mark or what a scan does not show clearly, whatever it measures."""
    return text == UNREAD or (len(text) <= _LONGEST and _looks_like_figure(text))


def is_nought(text: str) -> bool:
    """Whether a cell holds a nought, however it is written."""
    return read_figure(text, "count", "件").kind == CellKind.ZERO


def holds_number(text: str) -> bool:
    """Whether a cell holds a figure that must be accounted for: a number, digits in some other text, or ink of a
    scan that could not be read."""
    return text == UNREAD or any(character.isdigit() for character in text)


def _fits(value: Decimal) -> bool:
    exponent = value.normalize().as_tuple().exponent
    return abs(value) < _GREATEST and isinstance(exponent, int) and -exponent <= VALUE_SCALE


def _remark(text: str | None) -> str | None:
    if not text:
        return None
    return text[1:-1].strip() or None if text[0] in "([" else text

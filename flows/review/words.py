"""The words of a review sheet, and reasons that are given in English, in its language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from flows.formats import GENERATIONS, figure_names, format_cells, labelled_cells
from flows.quality.findings import INSTANCES, NOTE
from flows.quality.named_cells import column_label, row_label
from flows.review.blocks import shown

Language = Literal["zh", "en"]
TABLES = ("proactive_disclosure", "requests", "disputes")
"""In the order in which a report has them."""
FOLDER = Path(__file__).parent


@cache
def words_of(language: Language) -> dict[str, Any]:
    """What a sheet says, by name."""
    words: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "words.yaml").read_text(encoding="utf-8"))
    return words[language]


def told(text: str, language: Language) -> str:
    """A reason, a place or an evidence of the rules in the language of the sheet; names in it stay as they are."""
    plain = shown(text)
    if language == "en":
        return plain
    return _phrase(plain) or "，".join(_phrase(part) or _named(part) for part in plain.split(", "))


def instance_label(instance_key: str) -> str:
    """What a rule was applied to: a figure, a section, a row, a column or a cell, as the format calls it."""
    row_key, _, column_key = instance_key.partition("/")
    if column_key:
        keys = ((table_key, row_key, column_key) for table_key in TABLES)
        return next((cell_label(*key) for key in keys if key in labelled_cells()), instance_key)
    return _named(instance_key)


def cell_label(table_key: str, row_key: str, column_key: str) -> str:
    """Row and column of a cell, without the explanations that the format adds."""
    key = (table_key, row_key, column_key)
    return f"{short(row_label(*key))} · {column_label(*key)}"


def short(label: str) -> str:
    """A label without the explanation in brackets behind it."""
    return NOTE.sub("", label)


def _named(key: str) -> str:
    return figure_names().get(key) or INSTANCES.get(key) or _labels().get(key) or key


def _phrase(text: str) -> str | None:
    for expression, said in _phrases():
        if match := expression.fullmatch(text):
            parts = [", ".join(told(part, "zh") for part in group.split(", ")) for group in match.groups()]
            return _filled(said, parts)
    return None


def _filled(said: str, parts: Sequence[str]) -> str:
    return re.sub(r"\\(\d)", lambda number: parts[int(number[1]) - 1], said)


@cache
def _phrases() -> tuple[tuple[re.Pattern[str], str], ...]:
    pairs = yaml.safe_load((FOLDER / "phrases.yaml").read_text(encoding="utf-8"))
    return tuple((re.compile(expression), said) for expression, said in pairs)


@cache
def _labels() -> dict[str, str]:
    """Labels of rows and of columns by key, the newest ones; a key that has several in its tables has none here."""
    newest: dict[str, str] = {}
    for generation in GENERATIONS:
        found: dict[str, set[str]] = {}
        for cell in format_cells(generation):
            key = (cell.table_key, cell.row_key, cell.column_key)
            found.setdefault(cell.row_key, set()).add(short(row_label(*key)))
            found.setdefault(cell.column_key, set()).add(column_label(*key))
        newest |= {key: labels.pop() for key, labels in found.items() if len(labels) == 1}
    return newest

"""What is odd around the tables: titles, section numbers, missing sections, encodings, markup."""

from __future__ import annotations

import random

from tests.layouts.model import Layout

NUMBERS = "一二三四五六七"


def title_over_two_lines(_: random.Random, layout: Layout) -> None:
    """Body and year on one line, the subject on the next."""
    title = "".join(layout.title_lines)
    layout.title_lines = [title[: -len("政府信息公开工作年度报告")], title[-len("政府信息公开工作年度报告") :]]


def title_without_year(_: random.Random, layout: Layout) -> None:
    """The year is in the stated period only."""
    layout.title_lines = [line.replace(f"{layout.report_year}年", "") for line in layout.title_lines]


def title_otherwise(rng: random.Random, layout: Layout) -> None:
    """Year first, or without 工作."""
    year = f"{layout.report_year}年"
    body = "".join(layout.title_lines).split(year)[0]
    form = rng.choice(("{year}{body}政府信息公开工作年度报告", "{body}{year}政府信息公开年度报告"))
    layout.title_lines = [form.format(year=year, body=body)]


def section_numbers_off(rng: random.Random, layout: Layout) -> None:
    """Numbers of sections off by one, restarted or absent."""
    way = rng.choice(("off", "restarted", "absent"))
    for index, part in enumerate(layout.parts):
        number = {"off": NUMBERS[index + 1] + "、", "restarted": NUMBERS[index % 2] + "、", "absent": ""}[way]
        part.heading = number + part.heading[2:]


def sections_missing(rng: random.Random, layout: Layout) -> None:
    """Sections five and six, or one of them, or the overview, are not there."""
    gone = rng.choice((("problems",), ("other_matters",), ("problems", "other_matters"), ("overview",)))
    layout.parts = [part for part in layout.parts if part.section_key not in gone]


def headings_missing(_: random.Random, layout: Layout) -> None:
    """The headings of sections two to four are not there: the tables speak for themselves."""
    for part in layout.parts:
        if part.section_key in {"proactive_disclosure", "requests", "disputes"}:
            part.heading = ""


def headings_with_nothing(_: random.Random, layout: Layout) -> None:
    """Nothing stands under sections one, five and six."""
    for part in layout.parts:
        if part.section_key in {"overview", "problems", "other_matters"}:
            part.blocks = []


def encoded_in_gbk(rng: random.Random, layout: Layout) -> None:
    """GBK, said or not said."""
    layout.markup.add("gbk")
    if rng.random() < 0.5:
        layout.markup.add("no_charset")


def spans_repeated(_: random.Random, layout: Layout) -> None:
    """A converter writes a merged cell once for each column it covers."""
    layout.markup.add("spans_repeated")


def unclosed_tags(_: random.Random, layout: Layout) -> None:
    """Inline tags left open some hundreds deep."""
    layout.markup.add("unclosed")

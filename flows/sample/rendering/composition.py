"""The text of a sample report: the six sections in our own words, every number taken from the report's figures."""

from __future__ import annotations

import dataclasses
import zlib
from decimal import Decimal
from pathlib import Path

import yaml

from flows.sample.index import Figures, SampleReport
from flows.sample.rendering.layout import FormTable, form_tables

NOTICES = {
    "2019": (
        "《国务院办公厅政府信息与政务公开办公室关于政府信息公开工作年度报告有关事项的通知》"
        "（国办公开办函〔2019〕60号）"
    ),
    "2021": (
        "《国务院办公厅政府信息与政务公开办公室关于印发〈中华人民共和国政府信息公开工作年度报告格式〉的通知》"
        "（国办公开办函〔2021〕30号）"
    ),
}
DRAW = 7
"""With this one no two reports of a year, and no two years of a body, have more than two problems in common."""
_PROBLEMS = Path(__file__).with_name("problems.yaml")
TERRITORIES = {"province": "全省", "city": "全市", "county": "全县"}


@dataclasses.dataclass(frozen=True, slots=True)
class Heading:
    """Heading of a section."""

    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Prose:
    """One paragraph."""

    text: str


Block = Heading | Prose | FormTable


@dataclasses.dataclass(frozen=True, slots=True)
class Composition:
    """A report ready to be rendered."""

    title: str
    blocks: tuple[Block, ...]


def compose(report: SampleReport, figures: Figures) -> Composition:
    """Title, opening and the six sections of a report; the same input gives the same text."""
    disclosure, requests, disputes = form_tables(report.generation, figures, report.blank_mark)
    blocks: tuple[Block, ...] = (
        Prose(_opening(report)),
        Heading("一、总体情况"),
        *(Prose(text) for text in _overview(report, figures)),
        Heading("二、主动公开政府信息情况"),
        disclosure,
        Heading("三、收到和处理政府信息公开申请情况"),
        requests,
        Heading("四、政府信息公开行政复议、行政诉讼情况"),
        disputes,
        Heading("五、存在的主要问题及改进情况"),
        Prose(_problems(report)),
        Heading("六、其他需要报告的事项"),
        Prose("本年度没有发出信息处理费缴费通知，收取信息处理费0元。除此之外，没有其他需要报告的事项。"),
    )
    return Composition(report.title, blocks)


def _opening(report: SampleReport) -> str:
    year = report.report_year
    scope = ""
    if report.body.kind == "government":
        territory = "全区" if report.division.name.endswith("区") else TERRITORIES[report.division.level]
        scope = f"报告汇总了{territory}各级行政机关的数据。"
    return (
        f"本报告由{report.body.name}按照《中华人民共和国政府信息公开条例》和{NOTICES[report.generation]}的要求编制。"
        f"{scope}所列数据的统计期限为{year}年1月1日至{year}年12月31日。"
    )


def _overview(report: SampleReport, figures: Figures) -> tuple[str, str, str]:
    def count(row: str, column: str = "total", table: str = "requests") -> str:
        return figures[table, row, column]

    in_force = "in_force" if report.generation == "2021" else "total_disclosed"
    documents = count("normative_documents", in_force, "proactive_disclosure")
    disclosed = "现行有效的行政规范性文件" if report.generation == "2021" else "对外公开的规范性文件共"
    return (
        f"（一）主动公开。{report.body.name}按照公开目录在网站公开各类信息，{disclosed}{documents}件。",
        f"（二）依申请公开。{_requests_text(count('new_received'), count('carried_in'))}"
        f"本年度办结{count('outcome_total')}件，其中予以公开{count('granted')}件、"
        f"部分公开{count('partially_granted')}件；结转下年度继续办理{count('carried_out')}件。",
        f"（三）监督保障。{_disputes_text(figures)}",
    )


def _problems(report: SampleReport) -> str:
    """Four problems of the list, others for each body and year, as texts that are alike would be a fault."""
    listed = yaml.safe_load(_PROBLEMS.read_text(encoding="utf-8"))
    chosen = sorted(
        listed, key=lambda pair: zlib.crc32(f"{DRAW}{report.body.name}{report.report_year}{pair[0]}".encode())
    )
    problems = "；".join(f"{number}是{problem}" for number, (problem, _) in zip("一二三四", chosen, strict=False))
    measures = "；".join(f"{number}是{measure}" for number, (_, measure) in zip("一二三四", chosen, strict=False))
    return f"{report.report_year}年工作中的主要问题：{problems}。改进措施：{measures}。"


def _requests_text(new_received: str, carried_in: str) -> str:
    if new_received == "0":
        return f"本年未收到政府信息公开申请，上年结转{carried_in}件；"
    return f"本年新收政府信息公开申请{new_received}件，上年结转{carried_in}件；"


def _disputes_text(figures: Figures) -> str:
    reconsidered = figures["disputes", "reconsideration", "total"] or "0"
    sued = sum(
        Decimal(figures["disputes", row, "total"] or 0)
        for row in ("litigation_direct", "litigation_after_reconsideration")
    )
    return f"因政府信息公开引起的行政复议{reconsidered}件、行政诉讼{sued}件。"

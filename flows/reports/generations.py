"""Which notice's tables a report has. Read off the heads and rows, never off the year: late and mixed ones exist."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flows.documents import Document, Grid, Paragraph
from flows.reports.labels import similarity
from flows.reports.table_reading import TableReading

MIXED, UNKNOWN = "mixed", "unknown"
_SHEET_HEADS = ("统计指标", "统计数", "单位")
"""Heads of the statistics sheet of notice 国办发〔2014〕32号, in force for report years 2014 to 2018."""
_SHEET_TITLE = re.compile(r"政府信息公开(?:工作)?情况统计表")
_SHEET_ROWS = re.compile(
    r"主动公开政府信息数|主动公开规范性文件数|制发规范性文件总数|通过不同渠道和方式公开政府信息的情况|政务微博公开政府信息数"
    r"|回应公众关注热点或重大舆情数|收到申请数|申请办结数|申请答复数|行政复议数量|行政诉讼数量|举报投诉数量"
    r"|依申请公开信息收取的费用|机构建设和保障经费情况|政府信息公开会议和培训情况"
)
"""Rows of that sheet which no later table has."""
_SHEET_ROWS_LEAST = 4
_LONGEST_ROW = 60


def settle(disclosure: TableReading, requests: TableReading, disputes: TableReading, notice_cited: str | None) -> str:
    """Give each table a generation and return the report's: that of all its tables, mixed, or unknown.

    A table that is not there is taken to be of the other's generation, the disputes table (the same in both) too.
    Only when neither of the two tells anything does the cited notice decide.
    """
    by_notice = {"2021": "2021", "2019": "2019"}.get(re.sub(r".*〔(\d{4})〕.*", r"\1", notice_cited or ""))
    found = disclosure.generation or requests.generation
    other = found or by_notice
    told = {*disclosure.row_generations.values()} | {
        reading.generation for reading in (disclosure, requests) if reading.generation
    }
    disclosure.generation = disclosure.generation or other
    requests.generation = requests.generation or other
    disputes.generation = requests.generation
    if not told:
        return by_notice or UNKNOWN
    return told.pop() if len(told) == 1 else MIXED


def is_sheet_of_2014(document: Document) -> bool:
    """Whether a document holds the statistics sheet that went before the tables of 2019: its title, heads or rows."""
    rows: set[str] = set()
    for block in document.blocks:
        lines = [block.text] if isinstance(block, Paragraph) else [cell.text for row in block.rows for cell in row]
        for line in lines:
            if len(line) < _LONGEST_ROW:
                rows.update(_SHEET_ROWS.findall(re.sub(r"\s+", "", line)))
        if isinstance(block, Grid):
            if _has_sheet_heads(block):
                return True
        elif len(block.text) < _LONGEST_ROW and _SHEET_TITLE.search(re.sub(r"\s+", "", block.text)):
            return True
    return len(rows) >= _SHEET_ROWS_LEAST


def _has_sheet_heads(grid: Grid) -> bool:
    return any(_names(tuple(cell.text for cell in row)) for row in grid.rows[:3])


def _names(texts: Sequence[str]) -> bool:
    return all(any(similarity(text, head) == 1 for text in texts) for head in _SHEET_HEADS)

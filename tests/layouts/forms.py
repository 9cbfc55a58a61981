"""A report as the official form has it: the layout that quirks start from."""

from __future__ import annotations

import random
from decimal import Decimal

from flows.formats import format_cells
from flows.sample.rendering.layout import FormTable, form_tables
from tests.layouts.figures import Figures, draw_figures
from tests.layouts.model import Key, Layout, Part, Slot, Table

BODIES = ("样本县教育局", "示范市人民政府", "模拟区财政局", "例示县人民政府", "样板市卫生健康委员会")
HEADINGS = {
    "overview": "一、总体情况",
    "proactive_disclosure": "二、主动公开政府信息情况",
    "requests": "三、收到和处理政府信息公开申请情况",
    "disputes": "四、政府信息公开行政复议、行政诉讼情况",
    "problems": "五、存在的主要问题及改进情况",
    "other_matters": "六、其他需要报告的事项",
}
TABLES = ("proactive_disclosure", "requests", "disputes")
PROSE = {
    "overview": "本年度各项公开工作按计划开展，公开渠道保持畅通。",
    "problems": "个别栏目更新不及时，将按月检查。",
    "other_matters": "没有其他需要报告的事项。",
}


def draw_layout(rng: random.Random) -> Layout:
    """A report of a random body, year, generation and figure set, on the official form."""
    generation = rng.choice(("2021", "2021", "2019"))
    year = rng.choice((2021, 2022, 2023, 2024, 2025) if generation == "2021" else (2019, 2020, 2022))
    body = rng.choice(BODIES)
    tables = form_of(generation, draw_figures(rng, generation))
    parts = [
        Part(key, heading, [tables[key]] if key in tables else [PROSE[key]]) for key, heading in HEADINGS.items()
    ]
    opening = f"本报告由{body}编制，数据统计期限为{year}年1月1日至{year}年12月31日。"
    return Layout(year, [f"{body}{year}年政府信息公开工作年度报告"], opening, parts)


def form_of(generation: str, figures: Figures) -> dict[str, Table]:
    """The three tables of a generation with their figures, by table key."""
    keys = {
        name: [(c.table_key, c.row_key, c.column_key) for c in format_cells(generation) if c.table_key == name]
        for name in TABLES
    }
    return {form.table_key: _table(form, keys[form.table_key]) for form in form_tables(generation, figures)}


def _table(form: FormTable, keys: list[Key]) -> Table:
    pending = iter(keys)  # the values of a form stand in the order of the format
    rows = []
    for row in form.rows:
        slots = []
        for cell in row:
            key = next(pending) if cell.is_value else None
            value = Decimal(cell.text) if key and cell.text else None
            slots.append(Slot(cell.text, cell.column_span, cell.row_span, key, value))
        rows.append(slots)
    return Table(form.table_key, rows)

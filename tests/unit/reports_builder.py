"""Reports with known figures, built in code: tables as rows of cells that a test may bend before rendering."""

from __future__ import annotations

import dataclasses
import html
import io
from collections.abc import Iterable, Sequence

from flows.documents import Limits, read_document
from flows.formats import FormatCell, format_cells
from flows.reports.reader import Hints, Reading, figure_list, read_report

Key = tuple[str, str, str]
Figures = dict[Key, str]


@dataclasses.dataclass(frozen=True)
class Td:
    """One cell with its spans."""

    text: str = ""
    colspan: int = 1
    rowspan: int = 1


Table = list[list[Td]]


def rows_of(generation: str, table_key: str) -> dict[str, list[FormatCell]]:
    rows: dict[str, list[FormatCell]] = {}
    for cell in format_cells(generation):
        if cell.table_key == table_key:
            rows.setdefault(cell.row_key, []).append(cell)
    return rows


def made_up_figures(generation: str) -> Figures:
    """Figures in which every balance holds and no two outcome rows are alike."""
    figures: Figures = {}
    for number, cell in enumerate(format_cells(generation), start=1):
        if cell.table_key == "proactive_disclosure":
            kinds = {"count": str(number * 7), "change": f"-{number}", "amount": f"{number}.{number:02d}"}
            figures[cell.table_key, cell.row_key, cell.column_key] = kinds[cell.measure_kind]
    requests = rows_of(generation, "requests")
    columns = [cell.column_key for cell in requests["new_received"]]
    counts: dict[str, list[int]] = {}
    outcomes = [row for row in requests if row not in {"new_received", "carried_in", "outcome_total", "carried_out"}]
    for index, row in enumerate(outcomes):
        parts = [index + 1, index % 3, 0, (index * 5) % 4, 0, index % 2]
        counts[row] = [*parts, sum(parts)]
    counts["outcome_total"] = [sum(counts[row][j] for row in outcomes) for j in range(len(columns))]
    counts["carried_out"] = [5, 1, 0, 0, 2, 0, 8]
    counts["carried_in"] = [4, 0, 0, 1, 0, 0, 5]
    counts["new_received"] = [
        counts["outcome_total"][j] + counts["carried_out"][j] - counts["carried_in"][j] for j in range(len(columns))
    ]
    for row in requests:
        for column, count in zip(columns, counts[row], strict=True):
            figures["requests", row, column] = str(count)
    for number, row in enumerate(rows_of(generation, "disputes")):
        parts = [number + 3, number, 2 * number + 1, 1]
        for column, count in zip(rows_of(generation, "disputes")[row], [*parts, sum(parts)], strict=True):
            figures["disputes", row, column.column_key] = str(count)
    return figures


def disclosure_table(generation: str, figures: Figures) -> Table:
    """Section two: a block with heads for each item of article 20."""
    table: Table = []
    group = ""
    width = 4
    for row, cells in rows_of(generation, "proactive_disclosure").items():
        span = (width - 1) // len(cells) if len(cells) in {1, 3} else 1
        if cells[0].group_label != group:
            group = cells[0].group_label
            table.append([Td(group, width)])
            table.append([Td("信息内容"), *(Td(cell.column_label, span) for cell in cells)])
        values = [figures["proactive_disclosure", row, cell.column_key] for cell in cells]
        table.append([Td(cells[0].row_label), *(Td(value, span) for value in values)])
    return table


def requests_head() -> Table:
    return [
        [Td("（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）", 3, 3), Td("申请人情况", 7)],
        [Td("自然人", 1, 2), Td("法人或其他组织", 5), Td("总计", 1, 2)],
        [Td(label) for label in ("商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他")],
    ]


def requests_table(generation: str, figures: Figures) -> Table:
    """Section three: three rows of heads, then labels one to three cells wide and seven values."""
    rows = rows_of(generation, "requests")
    table = requests_head()
    groups = [cells[0].group_label.split("/") for cells in rows.values()]
    seen: set[str] = set()
    for (row, cells), group in zip(rows.items(), groups, strict=True):
        labels = []
        for level, name in enumerate(group):
            if name and name not in seen:
                seen.add(name)
                labels.append(Td(name, 1, sum(len(other) > level and other[level] == name for other in groups)))
        labels.append(Td(cells[0].row_label, 3 - len([name for name in group if name])))
        table.append([*labels, *(Td(figures["requests", row, cell.column_key]) for cell in cells)])
    return table


def disputes_table(generation: str, figures: Figures) -> Table:
    """Section four: one row of fifteen values."""
    rows = rows_of(generation, "disputes")
    labels = [Td(cell.column_label) for cell in rows["reconsideration"]]
    return [
        [Td("行政复议", 5), Td("行政诉讼", 10)],
        [*(Td(label.text, 1, 2) for label in labels), Td("未经复议直接起诉", 5), Td("复议后起诉", 5)],
        labels * 2,
        [Td(figures["disputes", row, cell.column_key]) for row, cells in rows.items() for cell in cells],
    ]


def html_table(table: Table) -> str:
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td colspan="{cell.colspan}" rowspan="{cell.rowspan}"><p>{html.escape(cell.text)}</p></td>'
            for cell in row
        )
        + "</tr>"
        for row in table
    )
    return f"<table>{rows}</table>"


SECTIONS = (
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况",
)
TITLE = "样本县教育局2023年政府信息公开工作年度报告"


def html_page(parts: Sequence[str], title: str = TITLE, before: str = "", after: str = "") -> bytes:
    """A page with the six headings; `parts` is what stands under sections two to four."""
    sections = "".join(f"<p>{heading}</p>{part}" for heading, part in zip(SECTIONS, parts, strict=True))
    return (
        f"<html><head><meta charset='utf-8'><title>{title}</title></head><body>{before}<h1>{title}</h1>"
        f"<p>一、总体情况</p><p>本年度工作平稳。</p>{sections}"
        f"<p>五、存在的主要问题及改进情况</p><p>无。</p><p>六、其他需要报告的事项</p><p>无。</p>{after}</body></html>"
    ).encode()


def three_tables(generation: str, figures: Figures) -> list[Table]:
    return [
        disclosure_table(generation, figures),
        requests_table(generation, figures),
        disputes_table(generation, figures),
    ]


def page_of(tables: Iterable[Table], **more: str) -> bytes:
    return html_page([html_table(table) for table in tables], **more)


def tab_text(tables: Iterable[Table], title: str = TITLE) -> bytes:
    """Text with tabs: the cells of a row side by side, spans lost."""
    lines = [title, "一、总体情况", "本年度工作平稳。"]
    for heading, table in zip(SECTIONS, tables, strict=True):
        lines += ["", heading, "", *("\t".join(cell.text for cell in row) for row in table)]
    return "\n".join([*lines, "", "五、存在的主要问题及改进情况", "无。"]).encode()


def docx_report(tables: Iterable[Table], title: str = TITLE) -> bytes:
    """A docx whose merged cells are merged as Word does."""
    import docx

    document = docx.Document()
    document.add_paragraph(title)
    for heading, table in zip(SECTIONS, tables, strict=True):
        document.add_paragraph(heading)
        grid = placed(table)
        width = max(column + cell.colspan for row in grid for column, cell in row)
        word = document.add_table(len(table), width)
        for number, row in enumerate(grid):
            for column, cell in row:
                last = word.cell(number + cell.rowspan - 1, column + cell.colspan - 1)
                word.cell(number, column).merge(last).text = cell.text
    document.add_paragraph("五、存在的主要问题及改进情况")
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def placed(table: Table) -> list[list[tuple[int, Td]]]:
    """Each cell with its grid column."""
    taken: set[tuple[int, int]] = set()
    rows = []
    for number, row in enumerate(table):
        column = 0
        cells = []
        for cell in row:
            while (number, column) in taken:
                column += 1
            taken |= {(number + d, column + r) for d in range(cell.rowspan) for r in range(cell.colspan)}
            cells.append((column, cell))
            column += cell.colspan
        rows.append(cells)
    return rows


def read(payload: bytes, hints: Hints | None = None, content_type: str | None = None) -> Reading:
    document = read_document(payload, Limits(), content_type=content_type)
    return read_report(document, document_id="d" * 32, hints=hints or Hints())


def found_figures(reading: Reading) -> Figures:
    return {(table, row, column): value for table, row, column, value in figure_list(reading.cells)}


def row_index(table: Table, label: str) -> int:
    """Index of the row whose label begins with these words."""
    return next(index for index, row in enumerate(table) if any(cell.text.startswith(label) for cell in row))


def labels_and_values(row: list[Td], value_count: int = 7) -> tuple[list[Td], list[Td]]:
    return row[:-value_count], row[-value_count:]

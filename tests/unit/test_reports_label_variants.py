"""A label variant is one line of data: without it the row is left over, with it every figure is read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flows.formats import format_cells
from flows.paths import PROJECT_ROOT
from flows.reports.label_variants import VARIANTS, label_variants
from flows.reports.rows import GENERATIONS, TABLES
from tests.unit.reports_builder import Td, found_figures, made_up_figures, page_of, read, three_tables

FIGURES = made_up_figures("2021")
OTHER_PROCESS = """
import json, sys
from pathlib import Path
import flows.reports.label_variants as variants
variants.VARIANTS = Path(sys.argv[1])
from tests.unit.reports_builder import read
reading = read(Path(sys.argv[2]).read_bytes())
values = [cell.printed for cell in reading.cells if cell.row_key == sys.argv[3]]
print(json.dumps([values, len(reading.leftovers)]))
"""
"""A process of its own, since the labels are worked out once."""


def labelled(own: str, printed: str) -> bytes:
    tables = three_tables("2021", FIGURES)
    for table in tables:
        for row in table:
            row[:] = [Td(printed, cell.colspan, cell.rowspan) if cell.text == own else cell for cell in row]
    return page_of(tables)


@pytest.mark.parametrize(
    ("own", "printed", "line"),
    [
        ("7.属于行政执法案卷", "处罚卷宗材料", "requests,denied_enforcement_file,处罚卷宗材料"),
        ("行政许可", "审批事项办结", "proactive_disclosure,licensing,审批事项办结"),
    ],
)
def test_one_line_makes_a_label_known(tmp_path: Path, own: str, printed: str, line: str) -> None:
    table_key, row_key, _ = line.split(",")
    page, variants = tmp_path / "page.html", tmp_path / "variants.csv"
    page.write_bytes(labelled(own, printed))
    expected = [value for (table, row, _), value in FIGURES.items() if (table, row) == (table_key, row_key)]
    found = []
    for lines in ("", f"{line}\n"):
        variants.write_text(VARIANTS.read_text(encoding="utf-8") + lines, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", OTHER_PROCESS, str(variants), str(page), row_key],
            capture_output=True,
            text=True,
            check=True,
            cwd=PROJECT_ROOT,
        )
        found.append(json.loads(done.stdout))
    without, with_line = found
    assert without == [[""] * len(expected), sum(any(map(str.isdigit, value)) for value in expected)]
    assert with_line == [expected, 0]


def test_the_variants_that_are_known_are_read() -> None:
    assert found_figures(read(labelled("1.本机关不掌握相关政府信息", "政府信息不存在"))) == FIGURES
    assert found_figures(read(labelled("（一）予以公开", "同意公开"))) == FIGURES


def test_each_variant_names_a_row_of_the_format() -> None:
    rows = {(cell.table_key, cell.row_key) for generation in GENERATIONS for cell in format_cells(generation)}
    own = {cell.row_label for generation in GENERATIONS for cell in format_cells(generation)}
    lines = VARIANTS.read_text(encoding="utf-8").splitlines()[1:]
    named = [(key, row) for key in TABLES for row, labels in label_variants(key).items() for _ in labels]
    assert len(named) == len(lines) and set(named) <= rows
    assert not own & {label for key in TABLES for labels in label_variants(key).values() for label in labels}

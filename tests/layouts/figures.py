"""Figure sets of both generations in which every balance holds: empty bodies, tiny ones, large cities, real ones."""

from __future__ import annotations

import csv
import random
from functools import cache

from flows.formats import format_cells
from flows.settings import PROJECT_ROOT
from tests.layouts.model import Key

Figures = dict[Key, str]
REAL = PROJECT_ROOT / "flows" / "sample" / "figures"
SIZES = {"empty": 0, "tiny": 2, "usual": 40, "large": 3000}
"""The greatest count of one outcome row and applicant."""
NO_OUTCOMES = ("new_received", "carried_in", "outcome_total", "carried_out")


def draw_figures(rng: random.Random, generation: str) -> Figures:
    """A figure set of a generation: made up in one of four sizes, or a real one."""
    real = real_figures(generation)
    if real and rng.random() < 0.25:
        return dict(rng.choice(real))
    return made_up(rng, generation, SIZES[rng.choice(tuple(SIZES))])


@cache
def real_figures(generation: str) -> tuple[Figures, ...]:
    """The figure sets of the sample that have exactly the cells of a generation."""
    keys = {(cell.table_key, cell.row_key, cell.column_key) for cell in format_cells(generation)}
    found = []
    for path in sorted(REAL.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as lines:
            figures = {(r["table"], r["row"], r["column"]): r["value"] for r in csv.DictReader(lines)}
        if set(figures) == keys:
            # a figure with its unit or a mark is printed plainly here: dressing is what quirks are for
            found.append({key: "".join(c for c in text if c.isdigit() or c in ".-") for key, text in figures.items()})
    return tuple(found)


def made_up(rng: random.Random, generation: str, size: int) -> Figures:
    """Random counts up to a size; the totals and 本年新收 follow from them."""
    figures: Figures = {}
    for cell in format_cells(generation):
        key = (cell.table_key, cell.row_key, cell.column_key)
        if cell.table_key == "proactive_disclosure":
            figures[key] = {
                "count": lambda: str(_count(rng, 5 * size)),
                "change": lambda: str(rng.choice((-1, 1)) * _count(rng, size)),
                "amount": lambda: _amount(rng, size),
            }[cell.measure_kind]()
    _requests(rng, generation, size, figures)
    for row in ("reconsideration", "litigation_direct", "litigation_after_reconsideration"):
        counts = [_count(rng, size // 4) for _ in range(4)]
        columns = [c.column_key for c in format_cells(generation) if (c.table_key, c.row_key) == ("disputes", row)]
        figures |= {("disputes", row, c): str(n) for c, n in zip(columns, [*counts, sum(counts)], strict=True)}
    return figures


def _requests(rng: random.Random, generation: str, size: int, figures: Figures) -> None:
    cells = [cell for cell in format_cells(generation) if cell.table_key == "requests"]
    rows = list(dict.fromkeys(cell.row_key for cell in cells))
    columns = list(dict.fromkeys(cell.column_key for cell in cells))
    applicants = columns[:-1]
    counts = {row: [_count(rng, size, 0.6) for _ in applicants] for row in rows}
    outcomes = [row for row in rows if row not in NO_OUTCOMES]
    counts["carried_in"] = [min(_count(rng, size, 0.5), 9 * size) for _ in applicants]
    counts["outcome_total"] = [sum(counts[row][j] for row in outcomes) for j in range(len(applicants))]
    for j in range(len(applicants)):  # nothing received is less than nothing
        counts["carried_in"][j] = min(counts["carried_in"][j], counts["outcome_total"][j] + counts["carried_out"][j])
    counts["new_received"] = [
        counts["outcome_total"][j] + counts["carried_out"][j] - counts["carried_in"][j]
        for j in range(len(applicants))
    ]
    for row in rows:
        for column, count in zip(columns, [*counts[row], sum(counts[row])], strict=True):
            figures["requests", row, column] = str(count)


def _count(rng: random.Random, most: int, zeros: float = 0.3) -> int:
    """Skewed as real counts are: many noughts, mostly small ones, a few large ones."""
    return 0 if most < 1 or rng.random() < zeros else int(most ** rng.random()) if rng.random() < 0.8 else most


def _amount(rng: random.Random, size: int) -> str:
    places = rng.choice((0, 2, 4, 6))
    return f"{rng.uniform(0, 100 * size):.{places}f}" if size and rng.random() < 0.8 else "0"

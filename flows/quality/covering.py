"""The lightest set of cells that has one of each of several sets: HiGHS decides, on numbers 0 and 1 alone.

No value of a report goes into it, so no value is too large for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import highspy
import numpy as np

OPTIONS: dict[str, bool | float | str] = {
    "output_flag": False,
    "parallel": "off",
    "presolve": "off",
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.0,
}
WHOLE_WITHIN = 1e-6
"""HiGHS's own tolerance for a number that must be whole."""


class Cover:
    """Sets of cells to be met, and the lightest cells that meet them all.

    The same calls in the same order give the same answers: one thread, no clock, columns in the order of the cells.
    """

    def __init__(self, weight: Callable[[int], int], most_cells: int) -> None:
        self._weight = weight
        self._columns: dict[int, int] = {}
        self._model = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in OPTIONS.items():
            self._model.setOptionValue(option, value)
        self._model.addRow(0, most_cells, 0, np.array([], dtype=np.int32), np.array([]))

    def meet(self, cells: Collection[int]) -> None:
        """One of these cells has to be in the set."""
        self._add_row(sorted(cells), 1, highspy.kHighsInf)

    def forbid(self, cells: Sequence[int]) -> None:
        """Not all of these cells again."""
        self._add_row(cells, -highspy.kHighsInf, len(cells) - 1)

    def limit(self, most_cells: int) -> None:
        """No more cells than that."""
        self._model.changeRowBounds(0, 0, most_cells)

    def lightest(self) -> tuple[int, ...] | None:
        """The cells of the lightest set in ascending order; None where no set does it."""
        # without whole numbers it is solved in a tenth of the time, and mostly they are whole all the same
        for is_relaxed in (True, False):
            self._model.setOptionValue("solve_relaxation", is_relaxed)
            self._model.run()
            if self._model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                return None
            solution = self._model.getSolution().col_value
            if all(min(abs(value), abs(1 - value)) <= WHOLE_WITHIN for value in solution):
                break
        return tuple(sorted(cell for cell, column in self._columns.items() if solution[column] > 0.5))

    def _add_row(self, cells: Sequence[int], least: float, most: float) -> None:
        self._add_columns([cell for cell in cells if cell not in self._columns])
        columns = np.array([self._columns[cell] for cell in cells], dtype=np.int32)
        self._model.addRow(least, most, len(columns), columns, np.ones(len(columns)))

    def _add_columns(self, cells: Sequence[int]) -> None:
        """Cells that are met for the first time; each counts in the first row, which limits their number."""
        count, first = len(cells), len(self._columns)
        self._columns.update((cell, first + place) for place, cell in enumerate(cells))
        columns = np.arange(first, first + count, dtype=np.int32)
        costs = np.array([self._weight(cell) for cell in cells], dtype=np.float64)
        starts, rows = np.arange(count, dtype=np.int32), np.zeros(count, dtype=np.int32)
        ones = np.ones(count)
        self._model.addCols(count, costs, np.zeros(count), ones, count, starts, rows, ones)
        kinds = np.full(count, highspy.HighsVarType.kInteger)
        self._model.changeColsIntegrality(count, columns, kinds)

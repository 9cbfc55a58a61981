"""What the values of a report have to satisfy, and exactly whether a set of cells can be changed so that they do.

An edit is a sum of cells that must be zero, or must not be negative. After Fellegi and Holt (1976): a set of cells
can be changed so that every edit holds if and only if no edit is violated that follows from them without those cells.
The edits that follow are found by eliminating the cells (Gauss for equations, Fourier and Motzkin for inequalities),
in whole numbers of any size, so nothing is ever rounded.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

Numbers = Sequence[int]
"""Values of the cells of a system, as whole numbers of one common unit."""


@dataclasses.dataclass(frozen=True, slots=True)
class Edit:
    """A sum of coefficient x cell that must be zero, or at least zero."""

    terms: Mapping[int, int]
    """Coefficients by number of the cell; none of them is 0."""
    is_equation: bool = True

    def holds(self, values: Numbers) -> bool:
        """Whether the values satisfy it."""
        total = sum(coefficient * values[cell] for cell, coefficient in self.terms.items())
        return total == 0 if self.is_equation else total >= 0


@dataclasses.dataclass(frozen=True, slots=True)
class Domain:
    """What a single cell may be: multiples of `step`, and not negative unless `is_signed`."""

    step: int = 1
    is_signed: bool = False

    def allows(self, value: int) -> bool:
        """Whether a value is one that the cell may have."""
        return value % self.step == 0 and (self.is_signed or value >= 0)


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """Values of changed cells with which every edit holds."""

    values: Mapping[int, int]
    open_cells: frozenset[int]
    """Cells for which other values would do as well; `values` has the one nearest to what is there."""


@dataclasses.dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a set of cells cannot be changed so that every edit holds: of each of these sets one more cell must be."""

    cells: tuple[frozenset[int], ...]


def change(
    changed: Sequence[int], edits: Sequence[Edit], values: Numbers, domains: Sequence[Domain]
) -> Change | Obstacle:
    """Change only these cells so that every edit that names one of them holds, or say what stands in the way.

    Edits that name none of them are not looked at.
    """
    elimination = _Elimination(changed, edits, domains)
    violated = [frozenset(row.terms) for row in elimination.rows if not row.holds(values)]
    if violated:
        return Obstacle(tuple(dict.fromkeys(violated)))
    return _solved(elimination, values, domains)


class _Elimination:
    """The edits on some cells with these cells eliminated one after the other."""

    def __init__(self, changed: Sequence[int], edits: Sequence[Edit], domains: Sequence[Domain]) -> None:
        self.order = list(changed)
        self.pivots: dict[int, Edit] = {}
        """Equations that give a cell by unchanged cells, and by open ones that are eliminated after it."""
        self.bounds: dict[int, list[Edit]] = {}
        """Inequalities of a cell that no equation gives."""
        cells = set(changed)
        self.rows = [edit for edit in edits if not cells.isdisjoint(edit.terms)]
        self.rows += [Edit({cell: 1}, is_equation=False) for cell in changed if not domains[cell].is_signed]
        for cell in changed:
            self._eliminate(cell)

    def _eliminate(self, cell: int) -> None:
        named = [row for row in self.rows if cell in row.terms]
        equations = [row for row in named if row.is_equation]
        others = [row for row in self.rows if cell not in row.terms]
        if equations:
            pivot = min(equations, key=lambda row: len(row.terms))
            others += [_without(cell, row, pivot) for row in named if row is not pivot]
            self.pivots = {
                solved: _without(cell, row, pivot) if cell in row.terms else row
                for solved, row in self.pivots.items()
            }
            self.pivots[cell] = pivot
        else:
            self.bounds[cell] = named
            floors = [row for row in named if row.terms[cell] > 0]
            ceilings = [row for row in named if row.terms[cell] < 0]
            others += [_without(cell, floor, ceiling) for floor in floors for ceiling in ceilings]
        self.rows = [row for row in others if row.terms]


def _without(cell: int, row: Edit, other: Edit) -> Edit:
    """The sum of both, multiplied so that the cell drops out; `row` is multiplied by a positive number.

    Of two inequalities one must bound the cell from below and the other from above.
    """
    own, of_other = row.terms[cell], other.terms[cell]
    factor = abs(of_other)
    other_factor = -own if of_other > 0 else own
    terms = {key: coefficient * factor for key, coefficient in row.terms.items()}
    for key, coefficient in other.terms.items():
        terms[key] = terms.get(key, 0) + coefficient * other_factor
    terms = {key: coefficient for key, coefficient in terms.items() if coefficient}
    divisor = math.gcd(*terms.values()) or 1
    return Edit({key: coefficient // divisor for key, coefficient in terms.items()}, row.is_equation)


def _solved(elimination: _Elimination, values: Numbers, domains: Sequence[Domain]) -> Change | Obstacle:
    """Values of the eliminated cells, the last one first, or an obstacle where they are not whole."""
    found = list(values)
    cells = set(elimination.order)
    open_cells: set[int] = set()
    for cell in reversed(elimination.order):
        if cell in elimination.pivots:
            pivot = elimination.pivots[cell]
            rest = sum(coefficient * found[key] for key, coefficient in pivot.terms.items() if key != cell)
            value, remainder = divmod(-rest, pivot.terms[cell])
            if not open_cells.isdisjoint(pivot.terms):
                open_cells.add(cell)
            if remainder or not domains[cell].allows(value):
                is_given = cells.isdisjoint(pivot.terms.keys() - {cell})
                return Obstacle((frozenset(pivot.terms.keys() - cells if is_given else _others(values, cells)),))
            found[cell] = value
        else:
            rows = elimination.bounds[cell]
            bounds = _bounds(cell, rows, found, domains[cell].step)
            if bounds is None:
                return Obstacle((frozenset(_others(values, cells)),))
            least, most = bounds
            if least is None or least != most or any(not open_cells.isdisjoint(row.terms) for row in rows):
                open_cells.add(cell)
            found[cell] = _nearest(values[cell], least, most, domains[cell].step)
    return Change({cell: found[cell] for cell in elimination.order}, frozenset(open_cells))


def _others(values: Numbers, cells: set[int]) -> set[int]:
    """Whatever cannot be done with a set of cells needs another one, whichever that is."""
    return set(range(len(values))) - cells


def _bounds(cell: int, rows: Sequence[Edit], values: Numbers, step: int) -> tuple[int | None, int | None] | None:
    """The least and the greatest multiple of `step` that the inequalities allow; None where there is none."""
    least: int | None = None
    most: int | None = None
    for row in rows:
        coefficient = row.terms[cell]
        rest = sum(other * values[key] for key, other in row.terms.items() if key != cell)
        if coefficient > 0:
            bound = -(rest // (coefficient * step)) * step
            least = bound if least is None else max(least, bound)
        else:
            bound = rest // (-coefficient * step) * step
            most = bound if most is None else min(most, bound)
    return None if least is not None and most is not None and least > most else (least, most)


def _nearest(value: int, least: int | None, most: int | None, step: int) -> int:
    nearest = value - value % step
    if most is not None:
        nearest = min(nearest, most)
    return nearest if least is None else max(nearest, least)

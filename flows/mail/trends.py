"""Numbers behind the pictures of a digest: failed checks by report year, reports found by division."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence

from flows.mail.routing import Recipient
from flows.quality.finding_states import StoredFinding
from flows.quality.findings import DivisionCoverage
from flows.quality.sightings import OVERDUE

YEARS_SHOWN = 10
DIVISIONS_SHOWN = 14
"""Those that lack most."""


@dataclasses.dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a picture: a label and its parts, which are counts."""

    label: str
    parts: tuple[int, int]
    """Errors and warnings; or found and not found."""


def failed_by_year(mine: Iterable[StoredFinding]) -> list[Bar]:
    """Failed checks that stand, acknowledged or not, by report year: errors and warnings of the newest years."""
    counted: Counter[tuple[int, str]] = Counter(
        (stored.sighting.report_year, stored.sighting.severity)
        for stored in mine
        if stored.is_standing and stored.sighting.rule_id != OVERDUE
    )
    years = sorted({year for year, _ in counted})[-YEARS_SHOWN:]
    return [Bar(str(year), (counted[year, "error"], counted[year, "warning"])) for year in years]


def coverage_by_division(recipient: Recipient, divisions: Sequence[DivisionCoverage]) -> list[Bar]:
    """Reports found and not found in the divisions next below those of a recipient, by their codes.

    Of everything the provinces; of a province its cities; of a city its counties; of a county itself. None for a
    recipient of single bodies.
    """
    prefixes = ("",) if recipient.everything else tuple(recipient.divisions)
    shown = [one for one in divisions if any(_is_next_below(one.division_code, prefix) for prefix in prefixes)]
    most_lacking = sorted(shown, key=lambda one: one.found_count - one.expected_count)[:DIVISIONS_SHOWN]
    return [
        Bar(one.division_name, (one.found_count, one.expected_count - one.found_count))
        for one in sorted(most_lacking, key=lambda one: one.division_code)
    ]


def _is_next_below(code: str, prefix: str) -> bool:
    whole = prefix.removesuffix("00").removesuffix("00") if len(prefix) == 6 else prefix
    digits = min(len(whole) + len(whole) % 2 + 2, 6)
    is_so_deep = code[digits:].strip("0") == "" and code[digits - 2 : digits].strip("0") != ""
    return code.startswith(whole) and is_so_deep

"""Labels that publishers print in the place of the format's own, and that are too unlike them to be told by likeness.

One line of `label_variants.csv` each: the table and the row of the format, and the label as it is printed.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

VARIANTS = Path(__file__).with_name("label_variants.csv")


@cache
def label_variants(table_key: str) -> dict[str, tuple[str, ...]]:
    """Printed labels by row of a table."""
    found: dict[str, tuple[str, ...]] = {}
    with VARIANTS.open(encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines):
            if line["table_key"] == table_key:
                found[line["row_key"]] = (*found.get(line["row_key"], ()), line["label"])
    return found

"""The codebook of a release: every table and column with type and description, from dbt's YAML."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from flows.outlet.release_tables import ReleasedTable


def as_csv(tables: Sequence[ReleasedTable]) -> str:
    """One line a column: table, column, type, whether it is of the key, description."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", "column", "type", "is_key", "description"])
    for one in tables:
        for column in one.mart.columns:
            is_key = str(column.name in one.mart.key).lower()
            writer.writerow([one.name, column.name, column.data_type, is_key, column.description])
    return text.getvalue()


def as_markdown(tables: Sequence[ReleasedTable]) -> str:
    """The same for people, a section a table."""
    lines = ["# Codebook", "", "NULL is an empty field in CSV. Types are DuckDB's.", ""]
    for one in tables:
        key = f" Key: {', '.join(f'`{name}`' for name in one.mart.key)}." if one.mart.key else ""
        lines += [
            f"## {one.schema}.{one.name}",
            "",
            f"{one.mart.description}{key} {one.row_count:,} rows.",
            "",
            "| column | type | description |",
            "|---|---|---|",
            *(
                f"| `{column.name}` | {_cell(column.data_type)} | {_cell(column.description)} |"
                for column in one.mart.columns
            ),
            "",
        ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

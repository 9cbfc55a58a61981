"""`datapackage.json` of a release, as Frictionless Data Package 1 describes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flows.outlet.catalog import Column
from flows.outlet.release_tables import ReleasedTable

MEDIA_TYPES = {".gz": "text/csv", ".parquet": "application/vnd.apache.parquet", ".csv": "text/csv"} | {
    ".md": "text/markdown",
    ".duckdb": "application/vnd.duckdb",
}


def datapackage(
    tables: Sequence[ReleasedTable],
    files: Mapping[str, tuple[int, str]],
    *,
    version: str,
    as_of: str | None,
    known_on: str | None,
) -> str:
    """The descriptor; `files` names every file of the release with its bytes and sha-256."""
    by_path = {one.csv: one for one in tables}
    package = {
        "profile": "data-package",
        "name": "gongkai",
        "title": "Annual reports on open government information of Chinese public bodies, as read and compared",
        "description": "codebook.md says what every column holds, CHANGELOG.md what changed.",
        "version": version,
        **({"asOf": as_of} if as_of else {}),
        **({"knownOn": known_on} if known_on else {}),
        "resources": [
            _resource(path, size, digest, by_path.get(path)) for path, (size, digest) in sorted(files.items())
        ],
    }
    return json.dumps(package, ensure_ascii=False, indent=1) + "\n"


def _resource(path: str, size: int, digest: str, table: ReleasedTable | None) -> dict[str, Any]:
    suffix = path[path.rindex(".") :]
    about = {
        "name": path.lower().replace("/", "-").replace(".", "-").replace("_", "-"),
        "path": path,
        "mediatype": MEDIA_TYPES[suffix],
        "bytes": size,
        "hash": f"sha256:{digest}",
    }
    if table is None:
        return {**about, "type": "file"}
    fields = [_field(column) for column in table.mart.columns]
    key = {"primaryKey": list(table.mart.key)} if table.mart.key and table.schema == "marts" else {}
    return {
        **about,
        "profile": "tabular-data-resource",
        "title": f"{table.schema}.{table.name}",
        "description": table.mart.description,
        "format": "csv",
        "compression": "gz",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "doubleQuote": True},
        "schema": {"fields": fields, "missingValues": [""], **key},
    }


def _field(column: Column) -> dict[str, str]:
    return {"name": column.name, "type": field_type(column.data_type), "description": column.description}


def field_type(data_type: str) -> str:
    """Frictionless' word for a type of DuckDB."""
    kind = data_type.upper()
    if kind.endswith("]"):
        return "array"
    if kind.startswith(("STRUCT", "MAP")):
        return "object"
    words = {
        "BOOLEAN": "boolean",
        "DATE": "date",
        "TIMESTAMP WITH TIME ZONE": "datetime",
        "DOUBLE": "number",
        "FLOAT": "number",
    }
    if kind.startswith("DECIMAL"):
        return "number"
    return "integer" if kind.endswith(("INT", "INTEGER")) else words.get(kind, "string")

"""Which body a person means: by its id, its name or a part of it; one sentence where that is not one body."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from flows.errors import InputError
from flows.outlet.copy import rows

if TYPE_CHECKING:
    import duckdb

NAMED_BODIES = 6
"""Bodies that a sentence names at most."""
LIKENESS = 50
"""A name is suggested from this likeness on (rapidfuzz, 0 to 100)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Body:
    """One body of `marts.dim_body`."""

    body_id: str
    body_name: str
    division_code: str | None
    division_name: str | None
    level: str | None
    body_kind: str | None

    @property
    def in_words(self) -> str:
        """Name, place and what it is."""
        about = [self.division_code, self.division_name, self.level, self.body_kind]
        return f"{self.body_name} ({', '.join(part for part in about if part)})"


COLUMNS = ", ".join(field.name for field in dataclasses.fields(Body))
WAYS = ("body_id = $1", "body_name = $1", "contains(body_name, $1) or contains(body_id, $1)")
"""How a text is taken, the strictest first: what fits a stricter one is not looked for by a looser one."""


def find_body(connection: duckdb.DuckDBPyConnection, text: str) -> Body:
    """The one body that a text means.

    Raises InputError that names the bodies it could mean, or those most like it, when it is not one.
    """
    wanted = text.strip()
    for way in WAYS if wanted else ():
        query = f"select {COLUMNS} from marts.dim_body where {way} order by body_id limit {NAMED_BODIES + 1}"  # noqa: S608
        found = [Body(**row) for row in rows(connection, query, [wanted])]
        if len(found) == 1:
            return found[0]
        if found:
            more = " and more" if len(found) > NAMED_BODIES else ""
            named = ", ".join(body.body_id for body in found[:NAMED_BODIES])
            raise InputError(f'"{wanted}" fits several bodies: {named}{more}; write one of these ids.')
    likely = _likely(connection, wanted)
    hint = f" Did you mean {', '.join(likely)}?" if likely else ""
    raise InputError(f'No body of the published copy is called "{wanted}".{hint}')


def _likely(connection: duckdb.DuckDBPyConnection, wanted: str) -> list[str]:
    """Names most like a text, the likeliest first."""
    from rapidfuzz import fuzz, process

    names = [row["body_name"] for row in rows(connection, "select distinct body_name from marts.dim_body order by 1")]
    found = process.extract(wanted, names, scorer=fuzz.ratio, limit=NAMED_BODIES, score_cutoff=LIKENESS)
    return [name for name, _, _ in found]

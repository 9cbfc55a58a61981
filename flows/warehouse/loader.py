# ruff: noqa: S608 - the names put into statements are those of records.STAGED and its columns
"""The single writer: staged batches into the `raw` schema, one transaction a batch.

What happens to a row whose key is there already depends on the table:

- what was read (`report`, `cell`, `section` ...: READINGS) must be the same again, as one version of the
  reader gives one reading of one document; another content under the same key refuses the batch;
- what was observed (`entry`, `fetch`, `document`) keeps the earliest observation, so that the order in which
  batches are loaded does not matter;
- what is stated as of now (`portal` row by row, `correction` and `expectation_result` as a whole) follows the batch
  staged last.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from flows.batches import Batch
from flows.errors import InputError
from flows.lake import Warehouse
from flows.records import KEYS, STAGED, arrow_schema
from flows.warehouse.connection import writing
from flows.warehouse.raw import DUCKDB_TYPES, create_raw, missing_at_end, raw_columns
from flows.warehouse.turns import Turn, turns

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

READINGS = ("report", "cell", "section", "leftover", "claim", "text_signature", "text_remark")
OBSERVED_BY = {"entry": "first_seen_at", "fetch": "fetched_at", "document": "fetched_at"}
"""Tables of observations, and the column that says which of two is the earlier."""
STATEMENTS = ("portal", "correction", "expectation_result")
STATED_AS_A_WHOLE = ("correction", "expectation_result")


@dataclasses.dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did."""

    batches_loaded: int
    batches_known: int
    rows_added: dict[str, int]
    """Rows of each table that are new or took the place of another one; only tables with any."""
    refused: tuple[str, ...]
    """One sentence for each batch that could not be loaded; the others were."""


def load_batches(warehouse: Warehouse, batches: Iterable[Batch], *, now: dt.datetime) -> LoadResult:
    """Write the batches that are not there yet into `raw`; returns what was done.

    `now` (UTC) is noted as the time of loading. A batch that is damaged or contradicts what is there is refused
    whole, with a sentence in the result. Into a lake several processes may load at once, a batch each in its turn.
    Raises BusyError when another process holds the warehouse, UnreachableError when a lake does not answer.
    """
    loaded = known = 0
    refused: list[str] = []
    rows_added: Counter[str] = Counter()
    stated: dict[str, list[pa.Table]] = {table: [] for table in STATEMENTS}
    with turns(warehouse) as turn, _made(warehouse, turn) as connection:
        there = {row[0] for row in connection.execute("select batch_id from raw.batch").fetchall()}
        for batch, reading in _read_ahead(_in_staging_order(batches), there):
            try:
                tables = reading()
                added = None
                if batch.batch_id not in there:
                    with turn():
                        added = _load_one(connection, batch, tables, now)
                if added is None:
                    known += 1
                else:
                    rows_added.update(added)
                    loaded += 1
            except InputError as problem:
                refused.append(str(problem))
            else:
                for table in STATEMENTS:
                    if table in tables:
                        stated[table].append(tables[table])
        for table, stated_rows in stated.items():
            if stated_rows:
                with turn():
                    rows_added[table] += _restate(connection, table, stated_rows)
    return LoadResult(loaded, known, {table: count for table, count in rows_added.items() if count}, tuple(refused))


@contextmanager
def _made(warehouse: Warehouse, turn: Turn) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a warehouse with all raw tables; of two processes that find none, one makes it."""
    with ExitStack() as stack:
        with turn():
            connection = stack.enter_context(writing(warehouse))
            create_raw(connection)
        yield connection


def _in_staging_order(batches: Iterable[Batch]) -> list[Batch]:
    """Oldest first by the time of the folder, which `batches.stage` renews when it stages the same rows again."""
    distinct = {batch.batch_id: batch for batch in batches}
    return sorted(distinct.values(), key=lambda batch: (batch.folder.stat().st_mtime_ns, batch.batch_id))


def _read_ahead(
    batches: Iterable[Batch], there: Container[str]
) -> Iterator[tuple[Batch, Callable[[], dict[str, pa.Table]]]]:
    """Each batch with what gives its rows; the next one is read while this one is written."""

    def rows(batch: Batch) -> dict[str, pa.Table]:
        wanted = STATEMENTS if batch.batch_id in there else batch.tables
        return {name: _read(batch, name) for name in batch.tables if name in wanted}

    with ThreadPoolExecutor(max_workers=1) as reader:
        ahead: deque[tuple[Batch, Future[dict[str, pa.Table]]]] = deque()
        for batch in batches:
            ahead.append((batch, reader.submit(rows, batch)))
            if len(ahead) > 1:
                before, future = ahead.popleft()
                yield before, future.result
        while ahead:
            before, future = ahead.popleft()
            yield before, future.result


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _load_one(
    connection: duckdb.DuckDBPyConnection, batch: Batch, tables: Mapping[str, pa.Table], now: dt.datetime
) -> dict[str, int] | None:
    """Load the readings and observations of one batch in one transaction; returns rows added by table.

    None when another loader has brought it meanwhile.
    """
    if not tables:
        raise InputError(f"The staged batch {batch.folder} holds no table; delete the folder and run `gongkai read`.")
    added: dict[str, int] = {}
    with _transaction(connection):
        if connection.execute("from raw.batch where batch_id = ?", [batch.batch_id]).fetchone():
            return None
        has_known_reports = _has_known_reports(connection, tables.get("report"))
        for name, rows in tables.items():
            if name in READINGS:
                added[name] = _insert_readings(connection, name, rows, batch, is_known=has_known_reports)
            elif name in OBSERVED_BY:
                added[name] = _keep_earliest(connection, name, rows)
        _touch(connection, tables, batch)
        counts = {name: rows.num_rows for name, rows in tables.items()}
        connection.execute(
            "insert into raw.batch values (?, ?, map(?, ?))",
            [batch.batch_id, now, list(counts), list(counts.values())],
        )
    return added


def _read(batch: Batch, name: str) -> pa.Table:
    """Rows of one Parquet file, its page checksums verified; InputError when it is damaged or of another version."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = batch.folder / f"{name}.parquet"
    schema = arrow_schema(STAGED[name])
    remedy = "delete the folder and run `gongkai read`, which stages it again from the archive"
    try:
        # words repeat from cell to cell: kept as dictionaries they are read and written in half the time
        words = [field.name for field in schema if pa.types.is_string(field.type)]
        rows = pq.read_table(path, page_checksum_verification=True, partitioning=None, read_dictionary=words)
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"The staged batch {batch.folder} was not loaded because {path.name} is damaged; {remedy}."
        ) from error
    found = [(field.name, DUCKDB_TYPES.get(str(field.type), "")) for field in _plain(rows.schema)]
    for added, value in missing_at_end(name, found).items():
        field = schema.field(added)
        rows = rows.append_column(field, pa.array([value] * rows.num_rows, field.type))
    if not _plain(rows.schema).equals(schema):
        raise InputError(
            f"The staged batch {batch.folder} was not loaded because {path.name} has the columns of another version "
            f"of gongkai; {remedy}."
        )
    return rows


def _plain(schema: pa.Schema) -> pa.Schema:
    """The schema as it is written down, whatever is kept as a dictionary in memory."""
    import pyarrow as pa

    return pa.schema(
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field for field in schema
    )


def _touch(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table], batch: Batch) -> None:
    """Note the bodies of which a batch says something new.

    Those are the bodies of all reports on the entries that it names: a document that is fetched or read again can
    take a report from one body and give it to another. An answer touches those read at its address too, as one file
    can be listed by several entries. Parts of a report that come without it touch its body.
    """
    for name, rows in tables.items():
        if name in READINGS and name != "report" and "report" in tables:
            continue
        shared = {key: "raw.report" for key in ("report_id", "entry_url") if key in rows.column_names}
        if "entry_url" in shared:
            shared.pop("report_id", None)
        if name == "fetch":
            shared["url"] = "(select body_id, url from raw.report join raw.document using (document_id))"
        for key, reports in shared.items():
            with _registered(connection, rows.select([key])):
                connection.execute(
                    f"insert into raw.touched_body select distinct body_id, ? from {reports}"
                    f" semi join staged_rows using ({key})",
                    [batch.batch_id],
                )


def _has_known_reports(connection: duckdb.DuckDBPyConnection, reports: pa.Table | None) -> bool:
    """Whether any report of a batch is in `raw` already; only then need its cells be compared with those there."""
    if reports is None:
        return True
    _take_in(connection, "report", reports)
    return connection.execute("from incoming semi join raw.report using (report_id) limit 1").fetchone() is not None


def _insert_readings(
    connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table, batch: Batch, *, is_known: bool
) -> int:
    """Insert rows whose key is new; InputError when a key comes with two contents."""
    if not is_known and not _has_repeated_keys(connection, table, rows):
        return _insert_all(connection, table, rows)
    key = ", ".join(KEYS[table])
    _take_in(connection, table, rows)
    there = f"from raw.{table} semi join incoming using ({key})" if is_known else "from incoming"
    conflict = connection.execute(
        f"select {key} from (from incoming union ({there})) group by all having count(*) > 1 order by all limit 1"
    ).fetchone()
    if conflict:
        named = ", ".join(f"{column} {value}" for column, value in zip(KEYS[table], conflict, strict=True))
        raise InputError(
            f"The staged batch {batch.folder} was not loaded because the {table} ({named}) has two contents there or "
            "another one than was loaded before; raise the reader's version when its readings change."
        )
    new = f"from incoming anti join raw.{table} using ({key})" if is_known else "from incoming"
    return _changed(connection, f"insert into raw.{table} {new}")


def _has_repeated_keys(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> bool:
    """Whether two rows may have the same key: certain when False, and then there is nothing to compare."""
    key = ", ".join(KEYS[table])
    with _registered(connection, rows):
        counted = connection.execute(f"select count(*), count(distinct hash({key})) from staged_rows").fetchone()
    return counted is None or counted[0] != counted[1]


def _insert_all(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> int:
    """Insert rows as they stand, in their order, which keeps those of one report together."""
    columns = ", ".join(raw_columns(table))
    with _registered(connection, rows):
        # several threads write row groups of odd sizes, which the next checkpoint compresses once more
        connection.execute("set threads = 1")
        try:
            return _changed(connection, f"insert into raw.{table} ({columns}) select {columns} from staged_rows")
        finally:
            connection.execute("reset threads")


def _keep_earliest(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> int:
    """Insert rows whose key is new, and replace those of which an earlier observation comes in."""
    key = ", ".join(KEYS[table])
    columns = ", ".join(raw_columns(table))
    _take_in(connection, table, rows)
    connection.execute(
        f"""
        create or replace temp table incoming as
        from (from incoming union (from raw.{table} semi join incoming using ({key})))
        qualify row_number() over (partition by {key} order by {OBSERVED_BY[table]}, {columns}) = 1
        """
    )
    return _put(connection, table)


def _restate(connection: duckdb.DuckDBPyConnection, table: str, stated: Sequence[pa.Table]) -> int:
    """Bring a table to what was stated last; writes nothing where that is there already."""
    key = ", ".join(KEYS[table])
    is_whole = table in STATED_AS_A_WHOLE
    connection.execute(f"create or replace temp table latest as from raw.{table} limit 0")
    for rows in stated[-1:] if is_whole else stated:
        _take_in(connection, table, rows)
        connection.execute(f"delete from latest where ({key}) in (select ({key}) from incoming)")
        connection.execute("insert into latest from incoming")
    connection.execute("create or replace temp table incoming as from latest")
    with _transaction(connection):
        changed = _put(connection, table)
        if is_whole:
            others = f"({key}) not in (select ({key}) from incoming)"
            changed += _changed(connection, f"delete from raw.{table} where {others}")
    return changed


def _take_in(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    """Make the temporary table `incoming` of the distinct rows."""
    columns = ", ".join(raw_columns(table))
    with _registered(connection, rows):
        connection.execute(f"create or replace temp table incoming as select distinct {columns} from staged_rows")


@contextmanager
def _registered(connection: duckdb.DuckDBPyConnection, rows: pa.Table) -> Iterator[None]:
    """The rows as the view `staged_rows`."""
    connection.register("staged_rows", rows)
    try:
        yield
    finally:
        connection.unregister("staged_rows")


def _put(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Put the rows of `incoming` in the place of those with their key; returns the number of rows that differed."""
    key = ", ".join(KEYS[table])
    connection.execute(
        f"create or replace temp table differing as"
        f" from incoming except (from raw.{table} semi join incoming using ({key}))"
    )
    connection.execute(f"delete from raw.{table} where ({key}) in (select ({key}) from differing)")
    return _changed(connection, f"insert into raw.{table} from differing")


def _changed(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0

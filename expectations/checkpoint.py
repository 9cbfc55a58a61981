"""One assessment of the marts: every expectation evaluated once, inside DuckDB, each with one of four outcomes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.site import finish_site, replace_folder, site_config
from expectations.suites import Expectation, expectations
from flows.errors import BusyError, InputError
from flows.lake import Lake, Warehouse, open_lake
from flows.records import ExpectationResult, Outcome

if TYPE_CHECKING:
    import duckdb

SENTENCE_CHARACTERS = 300
MEMORY_BYTES = 4 * 1024**3
"""Memory of DuckDB unless said otherwise; what needs more goes through the disk."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Counted:
    """What an expectation has to look at."""

    instance_count: int
    assessable_count: int
    reason: str | None
    """Most frequent reason of the instances, when none of them is assessable."""


def assess(
    warehouse: Warehouse, data_docs: Path, *, as_of: dt.date, memory_bytes: int = MEMORY_BYTES
) -> list[ExpectationResult]:
    """Evaluate all expectations over the marts in `warehouse` and build Data Docs into the folder `data_docs`.

    `as_of` is the day of the assessment, to which freshness is relative. The warehouse is opened read-only; of more
    than `memory_bytes` of memory DuckDB makes use of the disk. Results come ordered by suite and mart. An expectation
    that cannot be evaluated has the outcome `error` and its reason, and does not stop the others. Data Docs are
    replaced as a whole and only when complete.

    Raises InputError when there is no such DuckDB file or a suite cannot be read, BusyError when another process
    holds the file.
    """
    data_docs = data_docs.resolve()  # Great Expectations takes no relative folder
    declared = expectations(as_of=as_of)
    counted = _count(warehouse, declared, memory_bytes)
    data_docs.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".data_docs-", dir=data_docs.parent))
    try:
        runnable = [e for e in declared if isinstance(counted[e.expectation_id], _Counted)]
        verdicts = _run(warehouse, unfinished, runnable, as_of, memory_bytes) if runnable else {}
        results = [_result(e, counted[e.expectation_id], verdicts.get(e.expectation_id)) for e in declared]
        finish_site(unfinished, results, as_of=as_of)
        replace_folder(unfinished, data_docs)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return results


def _count(warehouse: Warehouse, declared: Iterable[Expectation], memory_bytes: int) -> dict[str, _Counted | str]:
    """What each expectation has to look at, or the sentence that says why that cannot be told."""
    import duckdb

    if isinstance(warehouse, Path) and not warehouse.is_file():
        raise InputError(f"There is no warehouse at {warehouse}; run `gongkai load` and `gongkai transform` first.")
    try:
        if isinstance(warehouse, Lake):
            connection = open_lake(warehouse, read_only=True)
        else:
            connection = duckdb.connect(str(warehouse), read_only=True)
    except duckdb.Error as fault:
        kind = BusyError if "lock" in str(fault) or "configuration" in str(fault) else InputError
        raise kind(f"The warehouse {warehouse} cannot be opened: {_sentence(str(fault))}") from fault
    with connection:
        connection.execute(f"set memory_limit = '{memory_bytes}B'")
        rows = connection.execute("select table_name from information_schema.tables where table_schema = 'marts'")
        marts = {name for (name,) in rows.fetchall()}
        if marts:
            connection.execute("set search_path = 'marts'")
        counted: dict[str, _Counted | str] = {}
        for (mart, instances), group in _alike(declared):
            if mart in marts:
                counted |= _count_alike(connection, mart, instances, group)
            else:
                reason = f"There is no mart {mart} in the warehouse; run `gongkai transform`."
                counted |= dict.fromkeys((e.expectation_id for e in group), reason)
        return counted


def _alike(declared: Iterable[Expectation]) -> Iterable[tuple[tuple[str, str], list[Expectation]]]:
    """Expectations by mart and instances: what one pass over a mart can count."""
    alike: dict[tuple[str, str], list[Expectation]] = {}
    for expectation in declared:
        alike.setdefault((expectation.mart, expectation.instances), []).append(expectation)
    return alike.items()


def _count_alike(
    connection: duckdb.DuckDBPyConnection, mart: str, instances: str, group: list[Expectation]
) -> dict[str, _Counted | str]:
    """What expectations over the same instances have to look at; one by one where one of them cannot be counted."""
    import duckdb

    of_instances = f"with this as not materialized (select * from {mart}), instances as ({instances}) "
    assessable = ", ".join(f"count(*) filter (where {expectation.assessable})" for expectation in group)
    try:
        ((instance_count, *counts),) = connection.execute(
            f"{of_instances} select count(*), {assessable} from instances"
        ).fetchall()
        return {
            e.expectation_id: _Counted(instance_count, count, None if count else _reason(connection, of_instances, e))
            for e, count in zip(group, counts, strict=True)
        }
    except duckdb.Error as fault:
        if len(group) == 1:
            return {group[0].expectation_id: _sentence(str(fault))}
    return {name: one for e in group for name, one in _count_alike(connection, mart, instances, [e]).items()}


def _reason(connection: duckdb.DuckDBPyConnection, of_instances: str, expectation: Expectation) -> str | None:
    """Most frequent reason of instances none of which can be assessed."""
    if not expectation.reason:
        return None
    reason = connection.execute(
        f"{of_instances} select {expectation.reason} as reason from instances"
        f" where not coalesce({expectation.assessable}, false) group by 1 order by count(*) desc, 1 limit 1"
    ).fetchone()
    return reason[0] if reason else None


def _run(
    warehouse: Warehouse, data_docs: Path, runnable: Iterable[Expectation], as_of: dt.date, memory_bytes: int
) -> Mapping[str, Mapping[str, Any]]:
    """Great Expectations' own result of each expectation, by expectation_id; Data Docs' pages in `data_docs`."""
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier

    from expectations.dialect import snapshot

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)  # nothing is sent anywhere
    context.variables.progress_bars = {"globally": False}
    for name in list(context.get_site_names()):
        context.delete_data_docs_site(name)
    context.add_data_docs_site("gongkai", site_config(data_docs))
    midnight = dt.datetime.combine(as_of, dt.time(), tzinfo=dt.UTC)
    with snapshot(warehouse, memory_bytes) as url:
        checkpoint = gx.Checkpoint(
            name="assessment",
            validation_definitions=list(_validations(context, url, runnable)),
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0},
        )
        run = context.checkpoints.add(checkpoint).run(
            run_id=RunIdentifier(run_name=as_of.isoformat(), run_time=midnight)
        )
    context.build_data_docs(build_index=False)  # once: the action of a checkpoint would build all for each validation
    return {
        result.expectation_config.meta["expectation_id"]: result.to_json_dict()
        for validation in run.run_results.values()
        for result in validation.results
    }


def _validations(context: Any, url: str, runnable: Iterable[Expectation]) -> Iterator[Any]:  # noqa: ANN401 - untyped
    """One validation for each suite and mart, which is one page of Data Docs."""
    import great_expectations as gx

    source = context.data_sources.add_sql("marts", connection_string=url)
    marts: dict[str, Any] = {}
    for (suite_name, mart), group in groupby(runnable, key=lambda e: (e.suite, e.mart)):
        if mart not in marts:
            marts[mart] = source.add_table_asset(mart, table_name=mart).add_batch_definition_whole_table("all")
        name = f"{suite_name}.{mart}"
        suite = context.suites.add(gx.ExpectationSuite(name, expectations=[_native(e) for e in group]))
        yield context.validation_definitions.add(gx.ValidationDefinition(name=name, data=marts[mart], suite=suite))


def _native(expectation: Expectation) -> Any:  # noqa: ANN401 - Great Expectations has no types
    """The expectation as Great Expectations knows it."""
    import great_expectations.expectations as gxe

    from expectations.native import UnexpectedRowCountExpectation

    common = {
        "description": html.escape(expectation.statement),
        "severity": "critical" if expectation.severity == "error" else expectation.severity,
        "meta": {
            "expectation_id": expectation.expectation_id,
            "statement": expectation.statement,
            "severity": expectation.severity,
            "fault_owner": expectation.fault_owner,
            "rule_id": expectation.rule_id,
        },
    }
    columns = list(expectation.columns)
    match expectation.kind:
        case "not_null":
            return gxe.ExpectColumnValuesToNotBeNull(column=columns[0], **common)
        case "in_set":
            return gxe.ExpectColumnValuesToBeInSet(column=columns[0], value_set=list(expectation.values), **common)
        case "between":
            bounds = {"min_value": expectation.minimum, "max_value": expectation.maximum}
            return gxe.ExpectColumnValuesToBeBetween(column=columns[0], **bounds, **common)
        case "unique" | "reference" | "rows":
            return UnexpectedRowCountExpectation(unexpected_rows_query=_unexpected_rows_query(expectation), **common)


def _unexpected_rows_query(expectation: Expectation) -> str:
    """Assessable instances that are unexpected, or of which that cannot be told (NULL is never a pass)."""
    if expectation.kind == "unique":
        query = _repeated_rows(expectation.columns, expectation.per)
    else:
        query = (
            f"instances as ({expectation.instances}) "
            f"select * from instances where ({expectation.assessable}) and coalesce({expectation.unexpected}, true)"
        )
    literal = query.replace("{", "{{").replace("}", "}}")
    return f"with this as not materialized (select * from {{batch}}), {literal}"


def _repeated_rows(columns: tuple[str, ...], per: tuple[str, ...]) -> str:
    """All rows of which there are several under one key.

    Candidates are found without keeping the keys: by their hash; or, of millions of groups (`per`) in which the other
    columns take few values, by a bit for each value. Only candidates are then compared.
    """
    key = ", ".join(columns)
    if per:
        group, others = ", ".join(per), ", ".join(column for column in columns if column not in per)
        # compared by hash, so that NULL is a value like others
        candidates = (
            f"numbered as (select hash({others}) as others, row_number() over () % 1024 as number from this"
            f" group by {others}), candidates as (select hash({group}) from this inner join numbered"
            f" on hash({others}) = numbered.others group by {group}"
            " having count(*) <> bit_count(bitstring_agg(number, 0, 1023)))"
        )
        found = f"hash({group}) in (from candidates)"
    else:
        candidates = f"candidates as (select hash({key}) from this group by hash({key}) having count(*) > 1) "
        found = f"hash({key}) in (from candidates)"
    return f"{candidates} select * from this where {found} qualify count(*) over (partition by {key}) > 1"


def _result(
    expectation: Expectation, counted: _Counted | str, verdict: Mapping[str, Any] | None
) -> ExpectationResult:
    """One of four outcomes: error before not assessable before failed or passed."""
    evaluated_count: int | None = None
    unexpected_count: int | None = None
    reason: str | None = None
    if isinstance(counted, str):
        outcome, reason = Outcome.ERROR, counted
    elif verdict is None or _fault(verdict):
        outcome = Outcome.ERROR
        reason = _fault(verdict) if verdict else "Great Expectations gave no result."
    elif counted.assessable_count == 0:
        outcome, reason, evaluated_count = Outcome.NOT_ASSESSABLE, _why_not_assessable(expectation, counted), 0
    else:
        outcome = Outcome.PASSED if verdict["success"] else Outcome.FAILED
        evaluated_count = counted.assessable_count
        observed = verdict["result"]
        unexpected_count = int(observed.get("unexpected_count", observed.get("observed_value")))
    return ExpectationResult(
        expectation_id=expectation.expectation_id,
        suite=expectation.suite,
        expectation_type=expectation.kind,
        target=expectation.mart,
        rule_id=expectation.rule_id,
        severity=expectation.severity,
        fault_owner=expectation.fault_owner,
        outcome=outcome,
        reason=reason,
        evaluated_count=evaluated_count,
        unexpected_count=unexpected_count,
        statement=expectation.statement,
    )


def _why_not_assessable(expectation: Expectation, counted: _Counted) -> str:
    if counted.instance_count == 0:
        return f"Nothing in {expectation.mart} to look at."
    often = f", most often because: {counted.reason}" if counted.reason else ""
    return f"None of {counted.instance_count} can be assessed{often}."


def _fault(verdict: Mapping[str, Any]) -> str | None:
    """Sentence of the first exception that Great Expectations met, None when it met none."""
    info = verdict.get("exception_info") or {}
    each = [info] if "raised_exception" in info else list(info.values())
    messages = [one.get("exception_message") or "no message" for one in each if one.get("raised_exception")]
    return _sentence(messages[0]) if messages else None


def _sentence(text: str) -> str:
    """First line of a library's message, in one line."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "no message")
    return first.removeprefix("(_duckdb.").replace("Exception) ", ": ", 1)[:SENTENCE_CHARACTERS].rstrip(".") + "."

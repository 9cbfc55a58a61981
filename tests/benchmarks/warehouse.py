"""Load, full build, assessment and one increment of many made-up reports: `python -m tests.benchmarks.warehouse`.

Each step runs in a process of its own, whose wall time, CPU and peak memory (with those of dbt below it) are printed,
beside the same pivot and sums as one query written by hand. Nothing is asserted about time.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from flows.batches import staged_batches
from flows.lake import Lake, Warehouse
from flows.settings import Settings
from flows.warehouse.connection import reading
from flows.warehouse.loader import load_batches
from tests.benchmarks.synthetic import NOW, one_more_year, synthetic_batches

AS_OF, A_YEAR_ON = dt.date(2026, 2, 1), dt.date(2027, 2, 1)
INCREMENT_REPORTS = 100
BY_HAND = """
create table by_hand as
with current as (
    select report_id from live.raw.report
), cells as (
    select cell.* from live.raw.cell as cell semi join current using (report_id)
), figures as (
    select
        report_id, cells.table_key, cells.row_key, cells.column_key, value,
        balances.instance, balances.coefficient
    from cells left join balances using (table_key, row_key, column_key)
), pivoted as (
    select
        report_id,
        sum(value) filter (where row_key = 'new_received' and column_key = 'total') as new_received,
        sum(value) filter (where row_key = 'granted' and column_key = 'total') as granted,
        sum(value) filter (where row_key = 'outcome_total' and column_key = 'total') as outcome_total,
        sum(value) filter (where row_key = 'carried_out' and column_key = 'total') as carried_out
    from cells group by report_id
), sums as (
    select report_id, instance, sum(coefficient * value) as difference
    from figures where instance is not null group by report_id, instance
), failed as (
    select report_id, count(*) filter (where difference != 0) as failed_checks from sums group by report_id
)
select * from pivoted inner join failed using (report_id)
"""
BALANCES = """
create temp table balances as
select distinct table_key, row_key, column_key, rule_id || instance_key as instance, coefficient
from live.intermediate.int_balance_terms where generation = '2021' and year_offset = 0
"""


def make(settings: Settings, reports: int) -> str:
    """Stage the reports, unless they are there."""
    if not settings.staged.is_dir():
        for _ in synthetic_batches(settings.staged, reports):
            pass
    return f"{_megabytes(settings.staged):,} MB staged"


def load(settings: Settings, reports: int) -> str:
    """Load what is staged and not yet loaded."""
    result = load_batches(settings.warehouse, staged_batches(settings.staged), now=NOW)
    if result.refused:
        raise SystemExit(result.refused[0])
    return f"{sum(result.rows_added.values()):,} rows, {_megabytes(settings.warehouse):,} MB"


def transform(settings: Settings, reports: int, as_of: dt.date = AS_OF) -> str:
    """Build the marts, as a whole the first time."""
    from flows.warehouse.building import build, plan_build

    plan = plan_build(settings, as_of)
    ran = build(settings, plan, now=lambda: NOW)
    return f"{plan.describe()}, {ran.get('models', 0)} models, {_megabytes(settings.warehouse):,} MB"


def assess(settings: Settings, reports: int) -> str:
    """Run every expectation."""
    from expectations.checkpoint import assess as assess_marts

    memory_bytes = settings.warehouse_memory_bytes
    results = assess_marts(settings.warehouse, settings.data_docs, as_of=AS_OF, memory_bytes=memory_bytes)
    return f"{len(results)} expectations"


def by_hand(settings: Settings, reports: int) -> str:
    """The yardstick: pivot and sums of all cells as one query, into a file of its own."""
    import duckdb

    target = settings.home / "by_hand.duckdb"
    target.unlink(missing_ok=True)
    with duckdb.connect(str(target)) as connection:
        connection.execute(f"attach '{settings.warehouse}' as live (read_only)")
        connection.execute(BALANCES)
        connection.execute(BY_HAND)
        (count,) = connection.execute("select count(*) from by_hand").fetchall()[0]
    target.unlink()
    return f"{count:,} rows"


def increment(settings: Settings, reports: int) -> str:
    """One more year of a hundred bodies: loaded and built."""
    one_more_year(settings.staged, INCREMENT_REPORTS)
    loaded = load(settings, reports)
    return f"{loaded}; {transform(settings, reports, A_YEAR_ON)}"


def nothing(settings: Settings, reports: int) -> str:
    """dbt's start: the project parsed and nothing built."""
    from flows.warehouse.dbt import run_dbt

    run_dbt(settings, args=["build", "-s", "rules", "--resource-type", "seed"], variables={"as_of": str(A_YEAR_ON)})
    with reading(settings.warehouse) as connection:
        (count,) = connection.execute("select count(*) from marts.fct_check_result").fetchall()[0]
    return f"{count:,} check results"


STEPS: dict[str, Callable[[Settings, int], str]] = {
    "make": make,
    "load": load,
    "full build": transform,
    "assess": assess,
    "by hand": by_hand,
    "dbt's start": nothing,
    "increment": increment,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=10_000, help="how many, a multiple of five")
    parser.add_argument("--home", type=Path, default=Path("build/warehouse_benchmark"))
    parser.add_argument("--step", choices=STEPS, help="one step, in this process")
    options = parser.parse_args()
    settings = Settings(home=options.home)
    if options.step:
        print(STEPS[options.step](settings, options.reports))
        return
    shutil.rmtree(options.home, ignore_errors=True)
    print(f"{options.reports:,} reports, {options.reports * 200:,} cells; load average {os.getloadavg()[0]:.1f}")
    print(f"{'step':14}{'seconds':>9}{'CPU s':>9}{'peak MB':>9}  result")
    for step in STEPS:
        if step == "by hand" and isinstance(settings.warehouse, Lake):
            continue  # the yardstick is of a file
        print(f"{step:14}", end="", flush=True)
        print(_measured([*_own_command(options), "--step", step]), flush=True)


def _own_command(options: argparse.Namespace) -> list[str]:
    me = [sys.executable, "-m", "tests.benchmarks.warehouse"]
    return [*me, "--reports", str(options.reports), "--home", str(options.home)]


def _measured(command: list[str]) -> str:
    """Run a command; its wall seconds, CPU seconds and peak memory, those of the processes below it included."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    said = process.stdout.read().strip()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed: {said}")
    wall = time.perf_counter() - began
    return f"{wall:9.1f}{used.ru_utime + used.ru_stime:9.1f}{used.ru_maxrss / 1024:9.0f}  {said}"


def _megabytes(place: Warehouse) -> int:
    path = place.data if isinstance(place, Lake) else place
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) // 1024**2


if __name__ == "__main__":
    main()

"""The expectations over marts that dbt built: every column that they name is there."""

import datetime as dt

import pytest

from expectations.checkpoint import assess
from flows.records import Outcome
from flows.settings import Settings
from flows.warehouse.dbt import run_dbt
from flows.warehouse.loader import load_batches

NOW = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)


@pytest.mark.slow
def test_marts_of_an_empty_archive_are_not_assessable_and_never_an_error(tmp_path):
    settings = Settings(_env_file=None, home=tmp_path)
    load_batches(settings.warehouse, [], now=NOW)
    run_dbt(
        settings, args=["build", "--exclude-resource-type", "unit_test"], variables={"as_of": NOW.date().isoformat()}
    )
    results = assess(settings.warehouse, settings.data_docs, as_of=NOW.date())
    assert [r for r in results if r.outcome in {Outcome.ERROR, Outcome.FAILED}] == []
    by_mart = {r.target: r.outcome for r in results}
    assert by_mart["dim_division"] == Outcome.PASSED
    assert by_mart["fct_cell"] == Outcome.NOT_ASSESSABLE

"""dbt's own documentation as one page that opens without a network: `make docs`.

It describes the project and not the data, so it is made on an empty warehouse of its own.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import tempfile
from pathlib import Path

from flows.errors import GongkaiError
from flows.settings import Settings
from flows.warehouse.dbt import WITHOUT_UNIT_TESTS, run_dbt
from flows.warehouse.loader import load_batches

ANY_DAY = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""The marts ask for a day; of an empty warehouse they say the same on each."""


def write_docs(folder: Path) -> Path:
    """Write `index.html` into a folder, made where it is missing; returns its path.

    Raises PipelineError when dbt fails.
    """
    with tempfile.TemporaryDirectory(prefix="gongkai-docs-") as home:
        settings = Settings(home=Path(home))
        load_batches(settings.warehouse, [], now=ANY_DAY)
        variables = {"as_of": ANY_DAY.date()}
        run_dbt(settings, args=WITHOUT_UNIT_TESTS, variables=variables)
        run_dbt(settings, args=["docs", "generate", "--static"], variables=variables)
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(settings.home / "dbt_target" / "static_index.html", folder / "index.html"))


if __name__ == "__main__":
    try:
        sys.stdout.write(f"Open {write_docs(Path(sys.argv[1]))}\n")
    except GongkaiError as error:
        sys.exit(f"gongkai: {error}")

"""Loading, building, assessing and an increment on a file and on a lake: `python -m tests.lakes.measure`.

The lake's PostgreSQL runs on the same machine, its Parquet files lie on the same disk.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.postgres import running_postgres


def main() -> None:
    """Run the benchmark of the warehouse on both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=2000, help="how many, a multiple of five")
    reports = str(parser.parse_args().reports)
    with running_postgres() as server, tempfile.TemporaryDirectory() as folder:
        lake = {
            "GONGKAI_WAREHOUSE": f"ducklake:postgres:{server.make_database('lake')}",
            "GONGKAI_LAKE_DATA": f"{folder}/parquet",
        }
        for kind, variables in (("file", {}), ("lake", lake)):
            print(f"\n{kind}", flush=True)
            benchmark = [sys.executable, "-m", "tests.benchmarks.warehouse", "--reports", reports]
            home = ["--home", str(Path(folder) / kind)]
            subprocess.run([*benchmark, *home], env={**os.environ, **variables}, check=True)


if __name__ == "__main__":
    main()

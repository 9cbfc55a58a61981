"""The published copy that what leaves it is tested on, opened as readers open it."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from flows.outlet.copy import opened
from tests.made_copy import make_copy


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_copy(tmp_path_factory.mktemp("published") / "gongkai.duckdb")


@pytest.fixture
def connection(copy: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened(copy) as connection:
        yield connection

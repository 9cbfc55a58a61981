"""The page that `make docs` writes."""

from pathlib import Path

import pytest
import yaml

from flows.paths import DBT_PROJECT
from flows.warehouse.dbt_docs import write_docs

pytestmark = pytest.mark.slow


def test_the_page_describes_every_model_and_needs_no_network(tmp_path: Path) -> None:
    page = write_docs(tmp_path / "docs")
    text = page.read_text(encoding="utf-8")
    assert page == tmp_path / "docs" / "index.html"
    for path in (DBT_PROJECT / "models").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            assert f'model.gongkai.{model["name"]}"' in text
    for fetched in ('src="http', "src='http", 'rel="stylesheet" href="http'):
        assert fetched not in text

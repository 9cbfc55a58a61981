"""Two files checked together are of one body, one year and the year before."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.errors import InputError
from flows.settings import Settings
from flows.single_file import check_file, checks_as_text
from tests.unit.reports_builder import made_up_figures, page_of, three_tables

TABLES = three_tables("2021", made_up_figures("2021"))


def written(folder: Path, name: str, title: str) -> Path:
    path = folder / name
    path.write_bytes(page_of(TABLES, title=title))
    return path


def test_the_report_of_another_body_is_refused(tmp_path: Path) -> None:
    own = written(tmp_path, "own.html", "宿迁市2024年政府信息公开工作年度报告")
    other = written(tmp_path, "other.html", "淮安市2023年政府信息公开工作年度报告")
    with pytest.raises(InputError, match="320800:淮安市人民政府"):
        check_file(own, other, Settings())


def test_an_unknown_year_is_said(tmp_path: Path) -> None:
    own = written(tmp_path, "own.html", "宿迁市2024年政府信息公开工作年度报告")
    before = written(tmp_path, "before.html", "宿迁市2023年政府信息公开工作年度报告")
    undated = written(tmp_path, "undated.html", "宿迁市政府信息公开工作年度报告")
    assert check_file(own, before, Settings()).remark == ""
    checked = check_file(own, undated, Settings())
    assert "year" in checked.remark and checked.remark in checks_as_text(checked)

"""`--explain`: what is said of each row is what the alignment did."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from flows.cli import cli
from flows.explanation import as_data, as_words, explain
from flows.quality.balances import evaluate
from tests.unit.reports_builder import Td, made_up_figures, page_of, read, tab_text, three_tables

FIGURES = made_up_figures("2021")


def bent(row_label: str, new_label: str) -> bytes:
    """A page on which one label is printed otherwise."""
    tables = three_tables("2021", FIGURES)
    for table in tables:
        for row in table:
            row[:] = [Td(new_label, c.colspan, c.rowspan) if c.text == row_label else c for c in row]
    return page_of(tables)


def rows_of(payload: bytes) -> dict[tuple[str, str], dict]:
    reading = read(payload)
    return {(row["table_key"], row["row_key"]): row for row in as_data(explain(reading, evaluate(reading.cells)))}


def test_every_row_of_the_format_is_explained_with_its_label_place_and_balances() -> None:
    rows = rows_of(page_of(three_tables("2021", FIGURES)))
    assert len(rows) == 6 + 25 + 3
    granted = rows["requests", "granted"]
    assert (granted["label"], granted["row_label"], granted["label_score"]) == (
        "（一）予以公开",
        "（一）予以公开",
        1.0,
    )
    assert granted["place"] == "table 2, row 6"
    assert (granted["balances_passed"], granted["balances_failed"]) == ({"B01": 1, "B02": 7}, {})
    assert granted["columns_told_by"] == "order"
    assert [column["head"] for column in granted["columns"]][:2] == ["自然人", "商业企业"]
    assert granted["columns"][6]["place"] == "table 2, row 6, cell 9"
    assert rows["disputes", "litigation_direct"]["label"] == "未经复议直接起诉"


def test_a_misprinted_label_counts_less_and_its_next_candidate_is_named() -> None:
    exact = rows_of(page_of(three_tables("2021", FIGURES)))["requests", "not_processed_duplicate"]
    misprinted = rows_of(bent("2.重复申请", "2.重复由请"))["requests", "not_processed_duplicate"]
    assert misprinted["label"] == "2.重复由请"
    assert misprinted["label_score"] == 0.75
    assert misprinted["score"] < exact["score"]
    assert 0 < misprinted["margin"] < exact["margin"]


def test_a_lost_label_is_said_to_be_lost() -> None:
    reading = read(bent("2.重复申请", ""))
    row = next(item for item in explain(reading, []) if item.row.row_key == "not_processed_duplicate")
    assert (row.row.label, row.row.label_score) == ("", 0.0)
    assert row.row.next_key is not None or row.row.margin > 0
    assert "(lost)" in as_words([row], reading)


def test_a_balance_that_fails_is_named_with_the_row() -> None:
    wrong = dict(FIGURES) | {("requests", "granted", "total"): "9999"}
    granted = rows_of(page_of(three_tables("2021", wrong)))["requests", "granted"]
    assert granted["balances_failed"] == {"B01": 1, "B02": 1}


def test_the_cells_carry_score_and_margin_of_their_row() -> None:
    reading = read(page_of(three_tables("2021", FIGURES)))
    by_row = {(row.table_key, row.row_key): row for row in reading.rows}
    for cell in reading.cells:
        row = by_row[cell.table_key, cell.row_key]
        assert (cell.row_score, cell.row_margin) == (row.score, row.margin)
        assert cell.row_margin > 0


def test_leftovers_are_listed_with_place_and_reason() -> None:
    tables = three_tables("2021", FIGURES)
    tables[1].append([Td("无关的一行", 3), Td("77"), *(Td("") for _ in range(6))])
    reading = read(page_of(tables))
    words = as_words(explain(reading, []), reading)
    assert "left over: 1\n  table 2, row 29, cell 2: '77' (" in words


def test_the_table_for_a_terminal_stands_in_columns() -> None:
    reading = read(tab_text(three_tables("2021", FIGURES)))
    lines = as_words(explain(reading, evaluate(reading.cells)), reading).splitlines()
    head = next(line for line in lines if "printed label" in line)
    assert head.split("  ")[1].startswith("row of the format")
    assert sum(line.startswith("  denied_") for line in lines) == 8


def test_the_command_explains_in_words_and_in_json_but_not_in_csv(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(page_of(three_tables("2021", FIGURES)))
    run = CliRunner().invoke
    words = run(cli, ["parse", str(path), "--explain"])
    assert words.exit_code == 0 and "requests: 25 rows" in words.output
    data = json.loads(run(cli, ["parse", str(path), "--explain", "--format", "json"]).output)
    assert len(data["alignment"]) == 34
    assert "alignment" not in json.loads(run(cli, ["parse", str(path), "--format", "json"]).output)
    checked = run(cli, ["check", str(path), "--explain"])
    assert checked.exit_code == 0 and "requests: 25 rows" in checked.output
    refused = run(cli, ["parse", str(path), "--explain", "--format", "csv"])
    assert refused.exit_code == 2 and "--format json" in refused.output

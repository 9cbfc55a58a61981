"""The registry of rules: whole, consistent with what computes them, and told alike on the page and on screen."""

import json
import re

import pytest
from click.testing import CliRunner

from flows.cli import cli
from flows.errors import InputError
from flows.formats import figure_cells, format_cells, known_faults, rule_terms, rules
from flows.paths import DBT_PROJECT, PROJECT_ROOT
from flows.quality.models import macro, model_sql
from flows.quality.rule_page import find_rule, page

LETTERS = {
    "A": [1, 2, 3, 4, 5],
    "B": [1, 2, 3, 5, 6, 8, 9, 10, 11],
    "D": [1, 2, 3, 5],
    "F": [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14],
    "M": [1, 2, 4],
    "N": [1, 2, 3, 4, 5, 6],
    "X": [1, 2, 3, 5],
    "Y": [1, 2, 3, 4, 5, 6],
}
IDS = [f"{letter}{number:02d}" for letter, numbers in LETTERS.items() for number in numbers]
CONDITIONS = macro("rule_conditions")


def test_every_rule_is_listed_once_in_order() -> None:
    assert [rule.rule_id for rule in rules()] == IDS


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.rule_id)
def test_a_rule_says_what_it_is_and_what_to_do(rule) -> None:
    assert rule.rule_version >= 1
    for text in (rule.statement_zh, rule.statement_en, rule.cells, rule.source, rule.advice_zh, rule.advice_en):
        assert text.strip() == text != ""
    assert re.search(r"[\u4e00-\u9fff]", rule.statement_zh + rule.advice_zh)
    assert not rule.statement_en.endswith(".")
    assert bool(rule.not_built_reason) == (rule.computed_by == "not_built")
    assert bool(rule.formula) or rule.computed_by == "not_built"


def test_what_computes_a_rule_is_there() -> None:
    by_kind = {rule.rule_id: rule.computed_by for rule in rules()}
    assert {r for r, kind in by_kind.items() if kind == "terms"} == {term.rule_id for term in rule_terms()}
    assert {r for r, kind in by_kind.items() if kind == "conditions"} == {rule_id for rule_id, *_ in CONDITIONS}
    for rule_id, kind in by_kind.items():
        if kind not in {"terms", "conditions", "not_built"}:
            (path,) = (DBT_PROJECT / "models").rglob(f"{kind}.sql")
            assert f"'{rule_id}'" in path.read_text(encoding="utf-8")


def test_only_sums_of_terms_have_a_table_and_a_comparison() -> None:
    for rule in rules():
        is_sum = rule.computed_by == "terms"
        assert (rule.comparison in {"equal", "at_least"}, rule.instance_axis in {"row", "column"}) == (is_sum, is_sum)


def test_each_condition_names_facts_that_there_are() -> None:
    facts = set(re.findall(r"(\w+),?\n", model_sql("int_rule_facts").rpartition("\nselect")[2]))
    assert len(CONDITIONS) == len({(rule_id, instance) for rule_id, instance, *_ in CONDITIONS})
    for _, _, needs, *_ in CONDITIONS:
        assert set(needs) <= facts


def test_figures_are_summed_from_cells_of_a_format() -> None:
    known = {(c.table_key, c.row_key, c.column_key) for g in ("2019", "2021") for c in format_cells(g)}
    assert {(table, row, column) for _, table, row, column, _ in figure_cells()} <= known


def test_known_faults_are_of_rules_there_are_and_shares() -> None:
    for fault in known_faults():
        assert find_rule(fault.rule_id).computed_by != "not_built"
        assert 0 < fault.tolerated_share <= 1
        assert fault.last_report_year is None or fault.last_report_year >= fault.first_report_year


def test_the_page_is_made_from_the_data() -> None:
    assert (PROJECT_ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == page(), "run `make rules`"


def test_the_command_lists_filters_and_explains() -> None:
    def said(*arguments: str) -> str:
        result = CliRunner().invoke(cli, ["--quiet", "rules", *arguments], catch_exceptions=False)
        assert result.exit_code == 0
        return result.output

    assert len(said("list").splitlines()) == 1 + len(IDS)
    listed = json.loads(said("list", "--kind", "in_report", "--severity", "error", "--format", "json"))
    assert [rule["rule_id"] for rule in listed] == ["A03", "B01", "B02", "B03", "D01", "F07"]
    assert "new_received + carried_in = outcome_total + carried_out" in said("show", "b03")
    shown = json.loads(said("show", "B06", "--format", "json"))
    assert shown["conditions"][0]["applies"] == "workload = 0"
    assert "gongkai rules show B03" in said("show", "--help")


def test_an_unknown_rule_is_one_sentence() -> None:
    with pytest.raises(InputError, match="There is no rule 'Z99'; `gongkai rules list` names them all"):
        find_rule("Z99")

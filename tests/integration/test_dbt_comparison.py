"""What the marts say of bodies beside each other, of years and of divisions, against answers worked out by hand."""

import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from flows.quality.conditions import FileRecords
from flows.quality.division import ExpectedMember, evaluate_division
from flows.records import Cell
from tests.integration.test_dbt_build import WITHOUT_UNIT_TESTS, built, rows
from tests.warehouse_records import World

pytestmark = pytest.mark.slow

COUNTIES = [f"99012{number}" for number in range(1, 6)]


def compared_world() -> World:
    """A city with six counties and two departments, and a county that went over from the 2019 tables.

    Of each report's requests `scale` were granted and six granted in part, which are all that were received. So five
    counties received 16, 26, ... 56 in 2023 and 26, 46, ... 106 in 2024.
    """
    world = World()
    world.portal("city", "990100", level="city")
    for number, code in enumerate(COUNTIES, 1):
        for year, scale in ((2023, 10 * number), (2024, 20 * number)):
            world.report("city", f"第{number}县人民政府", year, division_code=code, scale=scale)
    world.report("city", "新县人民政府", 2024, division_code="990126", scale=500)
    world.report("city", "疑县人民政府", 2024, division_code="990127", scale=30, scope="unknown")
    for name, scope in (("甲局", "own_body"), ("乙局", "aggregate")):
        world.report(
            "city",
            f"庚市{name}",
            2024,
            division_code="990100",
            level="city",
            body_kind="department",
            scope=scope,
            scale=4,
        )
    world.report("city", "庚市人民政府", 2024, division_code="990100", level="city", scale=840)
    world.report("city", "丁县人民政府", 2020, division_code="990131", scale=40, generation="2019")
    world.report("city", "丁县人民政府", 2021, division_code="990131", scale=80)
    return world


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield built(tmp_path_factory.mktemp("home"), compared_world(), WITHOUT_UNIT_TESTS)


def test_a_series_goes_on_across_formats_as_far_as_the_concordance_allows(warehouse: Path) -> None:
    found = rows(
        warehouse,
        "select figure_key, figure_value, figure_value_before, comparability, figure_change from marts.mart_series"
        " where report_year = 2021 and figure_key in ('new_received', 'other', 'normative_documents_in_force')"
        " order by 1",
    )
    assert found == [
        ("new_received", 86, 46, "comparable", 40),
        ("normative_documents_in_force", 21, None, "break", None),
        ("other", 0, 0, "comparable_as_sum", 0),
    ]
    growth = rows(
        warehouse,
        "select new_received_previous_year, normative_documents_in_force_previous_year, new_received_log_growth"
        " from marts.mart_body_year where report_year = 2021",
    )
    assert growth == [(46, None, pytest.approx(math.log(86 / 46)))]


def test_growth_is_that_of_the_bodies_which_both_years_have(warehouse: Path) -> None:
    found = rows(
        warehouse,
        "select metric_key, body_count, panel_count, panel_share, numerator, numerator_before, log_growth,"
        " symmetric_growth, refusal_reason from marts.mart_change"
        " where report_year = 2024 and level = 'county' and scope = 'aggregate' and area_code = 'all'"
        " and metric_key in ('new_received', 'granted_share') order by 1",
    )
    before, now = 150 / 180, 300 / 330
    assert found == [
        (
            *("granted_share", 6, 5, 5 / 6, 300, 150),
            *(pytest.approx(math.log(now / before)), pytest.approx(2 * (now - before) / (now + before)), None),
        ),
        (
            *("new_received", 6, 5, 5 / 6, 330, 180),
            *(pytest.approx(math.log(330 / 180)), pytest.approx(2 * 150 / 510), None),
        ),
    ]
    refused = rows(
        warehouse,
        "select panel_count, log_growth, refusal_reason from marts.mart_change"
        " where report_year = 2021 and area_code = 'all' and metric_key = 'new_received'",
    )
    assert refused == [(1, None, "fewer than 5 bodies in both years")]


def test_a_division_is_the_ratio_of_sums_over_what_was_found_in_it(warehouse: Path) -> None:
    found = rows(
        warehouse,
        "select metric_key, metric_value, numerator, denominator, expected_count, found_count, body_count,"
        " aggregate_value from marts.mart_division_rollup where division_code = '990100' and report_year = 2024"
        " and metric_key in ('disclosure_rate_full', 'new_received') order by 1",
    )
    # six counties and the one department that reports on itself; the seventh county's scope is unknown, the other
    # department aggregates, and what the county of 2021 owes for 2024 is not due yet
    assert found == [
        ("disclosure_rate_full", 804 / 846, 804, 846, 9, 9, 7, 840 / 846),
        ("new_received", 846.0, 846, None, 9, 9, 7, 846.0),
    ]


def test_an_aggregate_is_held_against_what_is_found_below_it(warehouse: Path) -> None:
    found = rows(
        warehouse,
        "select rule_id, instance_key, outcome, reason, aggregate_value, member_sum, difference"
        " from marts.mart_division_check where division_code = '990100' and report_year = 2024"
        " and instance_key in ('new_received', 'partially_granted', 'roster') order by 1, 2",
    )
    unvouched = "the roster is not known to be complete"
    assert found == [
        ("X01", "new_received", "passed", None, 846, 846, 0),
        ("X01", "partially_granted", "failed", None, 6, 42, -36),
        ("X02", "new_received", "not_assessable", unvouched, 846, 846, None),
        ("X02", "partially_granted", "not_assessable", unvouched, 6, 42, None),
        ("X03", "roster", "passed", None, None, None, None),
    ]
    ((outcome, expected_count, body_count, missing),) = rows(
        warehouse,
        "select outcome, expected_count, body_count, missing from marts.mart_division_check"
        " where division_code = '990100' and report_year = 2023 and rule_id = 'X03'",
    )
    assert (outcome, expected_count, body_count) == ("failed", 10, 5)
    assert [body["body_id"] for body in missing] == [
        *("990100:庚市乙局", "990100:庚市甲局", "990126:新县人民政府", "990127:疑县人民政府", "990131:丁县人民政府")
    ]
    assert {(body["coverage_state"], body["coverage_reason"]) for body in missing} == {
        ("not_found", "no entry of that body and year in the list")
    }


def test_concentration_counts_each_member_once(warehouse: Path) -> None:
    found = rows(
        warehouse,
        "select figure_key, body_count, figure_sum, top_1_share, top_3_share, top_5_share, herfindahl_index,"
        " refusal_reason from marts.mart_concentration where division_code = '990100' and report_year = 2024"
        " and figure_key in ('denied', 'new_received') order by 1",
    )
    received = [506, 106, 86, 66, 46, 26, 10]
    assert found == [
        ("denied", 7, 0, None, None, None, None, "the sum is 0"),
        (
            *("new_received", 7, 846, 506 / 846, 698 / 846, 810 / 846),
            *(pytest.approx(sum(count**2 for count in received) / 846**2), None),
        ),
    ]


def test_a_metric_says_what_it_rests_on(warehouse: Path) -> None:
    found = rows(
        warehouse,
        "select metric_value, numerator, denominator, round(wilson_low, 4), round(wilson_high, 4), missing_reason"
        " from marts.mart_metric where body_id = '990121:第1县人民政府' and report_year = 2024"
        " and metric_key in ('disclosure_rate_full', 'denial_mix_state_secret') order by metric_key desc",
    )
    assert found == [
        (20 / 26, 20, 26, 0.5795, 0.8897, None),
        (None, 0, 0, None, None, "the denominator is not above 0"),
    ]


def test_small_shares_move_towards_their_group(warehouse: Path) -> None:
    shares = rows(
        warehouse,
        "select numerator, denominator, metric_value, shrunken_rate, competition_rank"
        " from marts.mart_peer_comparison where metric_key = 'disclosure_rate_full' and report_year = 2024"
        " and peer_group = 'county/government/aggregate/2024' order by denominator",
    )
    assert [(row[0], row[1]) for row in shares] == [(20, 26), (40, 46), (60, 66), (80, 86), (100, 106), (500, 506)]
    group = 800 / 836
    expected = shrunken([(row[0], row[1]) for row in shares])
    assert [row[3] for row in shares] == [pytest.approx(value) for value in expected]
    assert all(min(row[2], group) <= row[3] <= max(row[2], group) for row in shares)
    assert [row[4] for row in shares] == [6, 5, 4, 3, 2, 1]


def shrunken(cases: list[tuple[int, int]]) -> list[float]:
    """The estimator of docs/metrics.md, written down anew."""
    bodies, total, parts = len(cases), sum(n for _, n in cases), sum(x for x, _ in cases)
    squares = sum(x * x / n for x, n in cases)
    between = (squares - parts**2 / total) / (bodies - 1)
    within = (parts - squares) / (total - bodies)
    size = (total - sum(n * n for _, n in cases) / total) / (bodies - 1)
    rho = max((between - within) / (between + (size - 1) * within), 0)
    rate = parts / total
    return [rate + (x / n - rate) * n * rho / (1 + (n - 1) * rho) for x, n in cases]


@pytest.mark.parametrize("is_one_missing", [False, True])
def test_the_sums_of_a_division_are_those_of_its_files(warehouse: Path, is_one_missing: bool) -> None:
    """X01 to X03 of the mart and of a folder of files, outcome for outcome and number for number."""
    world = compared_world()
    cells: dict[str, list[Cell]] = {}
    for cell in world.rows["cell"]:
        cells.setdefault(cell.report_id, []).append(cell)
    of_year = [report for report in world.rows["report"] if report.report_year == 2024]
    (own,) = [report for report in of_year if report.body_name == "庚市人民政府"]
    below = [report for report in of_year if report is not own][is_one_missing:]
    expected = [
        ExpectedMember(
            *(report.body_id, report.body_name, report.division_code, report.level, report.body_kind),
            coverage_state="found",
            records=FileRecords(report, cells[report.report_id]),
        )
        for report in below
    ]
    found = evaluate_division(FileRecords(own, cells[own.report_id]), expected)
    ours = {
        (result.rule_id, result.instance_key): (result.outcome, result.reason, result.difference, result.severity)
        for result in found.results
    }
    marts = {
        (rule_id, instance): tuple(told)
        for rule_id, instance, *told in rows(
            warehouse,
            "select rule_id, instance_key, outcome, reason, difference, severity from marts.mart_division_check"
            " where division_code = '990100' and report_year = 2024",
        )
    }
    assert len(marts) > 80 and {rule_id for rule_id, _ in marts} == {"X01", "X02", "X03"}
    assert (ours == marts) is not is_one_missing
    members = rows(
        warehouse,
        "select body_id, exclusion_reason from marts.fct_division_member"
        " where division_code = '990100' and report_year = 2024 and report_id is not null",
    )
    assert (found.exclusions == dict(members)) is not is_one_missing


def test_the_marts_hold_no_float_where_a_count_is(warehouse: Path) -> None:
    kinds = rows(
        warehouse,
        "select distinct typeof(numerator), typeof(denominator) from marts.mart_division_rollup"
        " union select distinct typeof(figure_sum), typeof(body_count) from marts.mart_concentration",
    )
    assert kinds == [("BIGINT", "BIGINT")]
    ((value,),) = rows(
        warehouse,
        "select aggregate_value from marts.mart_division_check where rule_id = 'X01'"
        " and instance_key = 'fees_amount_10k_cny'",
    )
    assert isinstance(value, Decimal)

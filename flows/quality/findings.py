"""What the published warehouse found wrong: failed checks, told with the labels and values that are printed.

A balance is told as an equation of its cells; any other rule by its formula and what was found against it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import InputError
from flows.formats import Rule, figure_names, labelled_cells, rules
from flows.quality.named_cells import QUERY, Proposal, column_label, proposals, row_label
from flows.records import Agreement, Outcome
from flows.warehouse.connection import reading

if TYPE_CHECKING:
    import duckdb

NOTE = re.compile(r"（[^（）]{8,}）$")
"""What the format explains behind a label: `部分公开（区分处理的，只计这一情形，不计其他情形）`."""

BLANK = "[ ]"
"""Stands in a formula where the cell is blank."""

INSTANCES = {
    "report": "整份报告",
    "overview": "一、总体情况",
    "requests": "三、收到和处理政府信息公开申请情况",
    "problems": "五、存在的主要问题及改进情况",
    "other_matters": "六、其他需要报告的事项",
    "regulations": "规章",
    "roster": "应报机关名单",
    "total": "总计",
}
"""What an instance is called that is no row, column, cell or figure."""


@dataclasses.dataclass(frozen=True, slots=True)
class FindingCell:
    """One cell of a failed check."""

    table_key: str
    row_key: str
    column_key: str
    report_year: int
    row_label: str
    """As prescribed, with the label above it: `（三）不予公开 1.属于国家秘密`."""
    column_label: str
    label: str
    """What tells it from the other terms of its rule: its column in a row, its row in a column, and its year."""
    coefficient: int
    cell_kind: str
    printed: str
    value: Decimal | None
    second_value: str | None
    """What the second reading takes the cell for, where that is something else; None elsewhere."""


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One failed check: what a person is told about."""

    finding_id: str
    """16 hexadecimal digits of sha-256 over body (of X01 to X03 division), year, rule and instance, which say what
    cells are concerned: whatever stands in them, and whenever it is found, the finding keeps its name."""
    body_id: str
    body_name: str
    division_code: str
    division_name: str
    report_year: int
    rule_id: str
    instance_key: str
    instance_label: str
    """Label of the row or column that the rule was applied to."""
    rule_version: int
    """Version of the rule by which it was found."""
    statement_zh: str
    statement_en: str
    advice_zh: str
    advice_en: str
    """What to do about it."""
    formula: str
    """A balance in the labels of the format: `自然人 + … = 总计`; any other rule as the registry has it."""
    formula_values: str
    """A balance with the printed values: `5 + 2 + … = 10`; of any other rule what was found."""
    cells: tuple[FindingCell, ...]
    """Empty where no cell is concerned."""
    difference: Decimal | None
    """Left side of a balance less its right side, in the unit of the table; what a sentence says less the cell."""
    severity: str
    verdict: str
    """Whose fault it is, as two readings tell it: publisher, reader or undecided; empty where no cell is shown."""
    entry_url: str
    document_url: str
    proposal: Proposal | None = None
    """The cells that may be wrong; None where no few cells restore the balance."""


@dataclasses.dataclass(frozen=True, slots=True)
class DivisionCoverage:
    """Reports that are expected for good reason of the bodies in a division or below it, and how many were found."""

    division_code: str
    division_name: str
    report_year: int
    expected_count: int
    found_count: int


@dataclasses.dataclass(frozen=True, slots=True)
class SummaryCounts:
    """Counts over the whole published copy."""

    portals: int
    bodies: int
    reports: int
    checks: Mapping[str, int]
    """Checks by outcome; every outcome is there."""
    coverage: Mapping[str, int]
    """Expected reports by state, as `COVERAGE` counts them."""
    divisions: tuple[DivisionCoverage, ...] = ()
    """Of the latest report year of which any deadline has passed, by division."""


COVERAGE = """
    select
        case
            when coverage_state = 'not_found' and is_inferred then 'inferred_and_not_found'
            else coverage_state
        end as coverage_state,
        count(*) as n
    from marts.fct_expected_report
    group by all
    order by 1
"""
"""Expected reports by state. What is not found and was expected for want of better evidence is counted apart."""


_DIVISIONS = """
    select
        division_code, division_name, report_year,
        cast(greatest(sum(expected_count - inferred_count), sum(found_count)) as bigint) as expected_count,
        cast(sum(found_count) as bigint) as found_count
    from marts.mart_coverage
    where division_code is not null
    group by division_code, division_name, report_year
    having sum(expected_count) > sum(not_due_count)
    qualify report_year = max(report_year) over ()
    order by division_code
"""


def findings(published: Path) -> list[Finding]:
    """What people are told: all failed checks but those of severity info, errors before warnings.

    Within both by division, body, year, rule and instance. Raises InputError when nothing is published or its
    marts are not as promised, BusyError when it is being written.
    """
    with reading(published) as connection:
        told = [finding for finding in failed_checks(connection) if finding.severity != "info"]
    return sorted(told, key=lambda finding: finding.severity != "error")


def failed_checks(
    connection: duckdb.DuckDBPyConnection, body_id: str | None = None, report_year: int | None = None
) -> list[Finding]:
    """All failed rows of `marts.fct_check_result` on an open connection, also of one body or one year only."""
    rows = marts_rows(
        connection,
        """
        with checked as (
            select *, list_filter(cells, cell -> cell.report_year = report_year)[1] as first_cell
            from marts.fct_check_result
            where outcome = $1 and ($2 is null or body_id = $2) and ($3 is null or report_year = $3)
        ),
        in_pdf as (
            select report_id from marts.fct_report
            where document_format = 'pdf' and report_id in (select checked.report_id from checked)
        ),
        places as (
            select report_id, table_key, row_key, column_key, regexp_extract(place, 'page ([0-9]+)', 1) as page_number
            from marts.fct_cell
            where report_id in (select in_pdf.report_id from in_pdf)
        )
        select
            checked.report_id, checked.body_id, checked.body_name, checked.division_code, body.division_name,
            checked.report_year, checked.rule_id, checked.instance_key, checked.severity, checked.difference,
            checked.verdict, checked.cells, checked.evidence, checked.entry_url,
            -- a PDF opens at the page on which the first cell stands (RFC 8118, 3)
            case
                when places.page_number != '' and not contains(checked.document_url, '#')
                    then concat(checked.document_url, '#page=', places.page_number)
                else checked.document_url
            end as document_url
        from checked
        left join marts.dim_body as body using (body_id)
        left join places
            on checked.report_id = places.report_id
            and checked.first_cell.table_key = places.table_key
            and checked.first_cell.row_key = places.row_key
            and checked.first_cell.column_key = places.column_key
        order by checked.division_code, checked.body_name, checked.report_year desc, checked.rule_id,
            checked.instance_key
        """,
        Outcome.FAILED,
        body_id,
        report_year,
    )
    proposed = proposals(marts_rows(connection, QUERY, body_id, report_year)) if rows else {}
    return [finding_of(row, proposed) for row in rows]


def finding_id_of(whose: str, report_year: int, rule_id: str, instance_key: str) -> str:
    """The name that a finding keeps: 16 hexadecimal digits."""
    identity = "\n".join([whose, str(report_year), rule_id, instance_key])
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def summary_counts(published: Path) -> SummaryCounts:
    """Counts for the head of a digest; raises what `findings` raises."""
    with reading(published) as connection:
        checks = marts_rows(connection, "select outcome, count(*) as n from marts.fct_check_result group by all")
        coverage = marts_rows(connection, COVERAGE)
        divisions = marts_rows(connection, _DIVISIONS)
        (sizes,) = marts_rows(
            connection,
            """
            select
                (select count(distinct portal_id) from marts.fct_expected_report) as portals,
                (select count(distinct body_id) from marts.fct_report) as bodies,
                (select count(*) from marts.fct_report where is_current) as reports
            """,
        )
    return SummaryCounts(
        **sizes,
        checks={outcome.value: 0 for outcome in Outcome} | {row["outcome"]: row["n"] for row in checks},
        coverage={row["coverage_state"]: row["n"] for row in coverage},
        divisions=tuple(DivisionCoverage(**row) for row in divisions),
    )


def marts_rows(connection: duckdb.DuckDBPyConnection, query: str, *parameters: object) -> list[dict[str, Any]]:
    """Rows of a query on the marts by column name; raises InputError when the marts are not as promised."""
    import duckdb

    try:
        return _rows(connection.execute(query, list(parameters)))
    except duckdb.Error as fault:
        raise InputError(
            f"The marts of the published copy are not as they should be ({str(fault).splitlines()[0]}); run "
            "`gongkai transform` and `gongkai publish` again."
        ) from fault


def _rows(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def finding_of(row: Mapping[str, Any], proposed: Mapping[tuple[str, str], Proposal]) -> Finding:
    """A finding from a row as `failed_checks` asks for it; `proposed` as `named_cells.proposals` has it."""
    rule = _rules_by_id().get(row["rule_id"])
    if rule is None:
        raise InputError(
            f"The published copy has a rule {row['rule_id']} that dbt_project/seeds/rules.csv does not have; "
            "run `gongkai transform` and `gongkai publish` again."
        )
    cells = tuple(_cell(rule, cell) for cell in row["cells"] or ())
    is_balance = rule.computed_by == "terms"
    is_of_division = rule.computed_by == "mart_division_check"  # its body comes with the aggregate report, or never
    whose = (row["division_code"] if is_of_division else None) or row["body_id"]
    return Finding(
        finding_id=finding_id_of(whose, row["report_year"], rule.rule_id, row["instance_key"]),
        body_id=row["body_id"],
        body_name=row["body_name"],
        division_code=row["division_code"] or "",
        division_name=row["division_name"] or "",
        report_year=row["report_year"],
        rule_id=rule.rule_id,
        instance_key=row["instance_key"],
        instance_label=_instance_label(rule, cells, row["instance_key"]),
        rule_version=rule.rule_version,
        statement_zh=rule.statement_zh,
        statement_en=rule.statement_en,
        advice_zh=rule.advice_zh,
        advice_en=rule.advice_en,
        formula=_equation(cells, lambda cell: _short_label(rule, cell)) if is_balance else rule.formula,
        formula_values=_equation(cells, lambda cell: cell.printed or BLANK)
        if is_balance
        else row["evidence"] or ", ".join(cell.printed or BLANK for cell in cells),
        cells=cells,
        difference=row["difference"],
        severity=row["severity"],
        verdict=row["verdict"] or "",
        entry_url=row["entry_url"] or "",
        document_url=row["document_url"] or "",
        proposal=proposed.get((row["report_id"], f"{rule.rule_id} {row['instance_key']}")),
    )


def _cell(rule: Rule, cell: Mapping[str, Any]) -> FindingCell:
    key = (cell["table_key"], cell["row_key"], cell["column_key"])
    in_row, in_column = row_label(*key), column_label(*key)
    return FindingCell(
        *key,
        report_year=cell["report_year"],
        row_label=in_row,
        column_label=in_column,
        label=_in_year(rule, cell["report_year"], _label(rule, in_row, in_column)),
        coefficient=cell["coefficient"],
        cell_kind=cell["cell_kind"],
        printed=cell["printed"] or "",
        value=cell["value"],
        second_value=cell["second_value"] if cell["agreement"] == Agreement.DISAGREED else None,
    )


def _label(rule: Rule, row_label: str, column_label: str) -> str:
    return {"row": column_label, "column": row_label}.get(rule.instance_axis, f"{row_label}, {column_label}")


def _short_label(rule: Rule, cell: FindingCell) -> str:
    """The label of a term for a formula: without the label above it and without its explanatory note."""
    labels = labelled_cells().get((cell.table_key, cell.row_key, cell.column_key))
    if labels is None or rule.instance_axis == "row":
        return cell.label
    return _in_year(rule, cell.report_year, NOTE.sub("", labels.row_label))


def _in_year(rule: Rule, report_year: int, label: str) -> str:
    return f"{label} ({report_year})" if rule.rule_kind == "cross_year" else label


def _equation(cells: Iterable[FindingCell], text: Callable[[FindingCell], str]) -> str:
    """Terms with a positive coefficient = terms with a negative one."""
    sides: dict[bool, list[str]] = {True: [], False: []}
    for cell in cells:
        factor = "" if abs(cell.coefficient) == 1 else f"{abs(cell.coefficient)} × "
        sides[cell.coefficient > 0].append(f"{factor}{text(cell)}")
    return " = ".join(" + ".join(side) or "0" for side in sides.values())


def _instance_label(rule: Rule, cells: Sequence[FindingCell], instance_key: str) -> str:
    """The row or column of a balance, else the figure, section or cell that the rule was applied to."""
    if rule.computed_by == "terms":
        labels = (cell.row_label if rule.instance_axis == "row" else cell.column_label for cell in cells)
        return next(labels, instance_key)
    named = figure_names().get(instance_key) or INSTANCES.get(instance_key)
    return named or ", ".join(cell.label for cell in cells[:1]) or instance_key


@cache
def _rules_by_id() -> dict[str, Rule]:
    return {rule.rule_id: rule for rule in rules()}

"""What a review sheet says, as blocks: what was checked, each finding with its cells, the tables, the appendices."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import compress
from typing import Any

from flows.formats import rules
from flows.quality.conditions import OF_THE_ARCHIVE
from flows.quality.findings import Finding
from flows.quality.models import macro
from flows.quality.named_cells import Proposal
from flows.quality.proposal_words import number_text
from flows.records import Cell, Leftover, Report
from flows.review.blocks import Block, DrawnCell, Heading, Mark, Paragraph, Picture, Table, shown, table
from flows.review.drawn import excerpts, whole_tables
from flows.review.words import Language, cell_label, instance_label, told, words_of

PLACES_SHOWN = 4
"""Places of a rule that are named where one reason holds for many."""
TERMS_TOLD = 8
"""Terms of a balance that are told in a sentence; of more the sums, and all of them stand in the table."""
MEANT = ("int_blank_checks", "int_torn_number_checks")
"""Models whose evidence is what the balances would have in the place of the cells."""
LEFTOVERS_SHOWN = 200
"""Leftovers and doubtful cells of a sheet at most; the text that is printed has all."""


@dataclasses.dataclass(frozen=True, slots=True)
class Sum:
    """A figure of an aggregate report, and the sum of those below it."""

    aggregate_value: Decimal | None
    member_sum: Decimal | None
    body_count: int


@dataclasses.dataclass(frozen=True, slots=True)
class BelowFile:
    """A file of a report below, and what became of it."""

    file: str
    body_name: str | None
    state: str
    reason: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Unassessed:
    """A check that could not be assessed."""

    rule_id: str
    instance_key: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Review:
    """Everything that a sheet tells."""

    file: str
    report: Report
    cells: Sequence[Cell]
    """In the order in which they are printed."""
    findings: Sequence[Finding]
    passed_count: int
    unassessed: Sequence[Unassessed]
    asked: frozenset[str]
    """Rules with an outcome."""
    last_year: Report | None
    last_year_source: str | None
    """Name of the file that it was read from, None for the published copy."""
    below: Sequence[BelowFile] | None
    """None where no reports below were given."""
    sums: Mapping[str, Sum]
    """By figure."""
    leftovers: Sequence[Leftover]
    remark: str
    picture: bytes | None


def blocks_of(review: Review, language: Language) -> list[Block]:
    """The sheet from its title to its last line."""
    words = words_of(language)
    return [
        *_head(review, words, language),
        *_findings(review, words, language),
        Heading(2, words["tables"]),
        Paragraph(words["legend"]),
        *whole_tables(review.cells, review.findings, words),
        Heading(2, words["pages"]),
        Picture(review.picture, words["picture"]) if review.picture else Paragraph(words["no_picture"]),
        *_below(review, words, language),
        *_unassessed(review, words, language),
        *_unasked(review, words, language),
        *_doubts(review, words, language),
    ]


def _head(review: Review, words: Mapping[str, Any], language: Language) -> Iterator[Block]:
    report, unknown = review.report, words["unknown"]
    before = words["last_year_none"]
    if review.last_year:
        before = words["last_year_file"].format(
            year=review.last_year.report_year or unknown,
            body=shown(review.last_year.body_name),
            source=shown(review.last_year_source or words["published_copy"]),
        )
    below = words["children_none"]
    if review.below is not None:
        summed = sum(child.state == "summed" for child in review.below)
        below = words["children_counts"].format(files=len(review.below), summed=summed)
    facts = [
        ("file", shown(review.file)),
        ("digest", report.report_id),
        ("body", shown(report.body_name)),
        ("report_year", str(report.report_year or unknown)),
        ("scope", words["scopes"][report.scope]),
        ("last_year", before),
        ("children", below),
        *([("remark", told(review.remark, language))] if review.remark else []),
    ]
    counts = Counter(finding.severity for finding in review.findings)
    yield Heading(1, words["title"])
    yield Table(tuple((DrawnCell(words[name], Mark.HEAD), DrawnCell(text)) for name, text in facts))
    yield Paragraph(
        words["summary"].format(
            findings=len(review.findings),
            errors=counts["error"],
            warnings=counts["warning"],
            passed=review.passed_count,
            unassessed=len(review.unassessed),
        )
    )
    yield Paragraph(words["footer"])


def _findings(review: Review, words: Mapping[str, Any], language: Language) -> Iterator[Block]:
    yield Heading(2, words["findings"])
    if not review.findings:
        yield Paragraph(words["nothing"])
    for number, finding in enumerate(review.findings, start=1):
        place = shown(finding.instance_label)
        yield Heading(3, f"{number}. {finding.rule_id} · {words['severity'][finding.severity]} · {place}")
        yield Paragraph(finding.statement_zh if language == "zh" else finding.statement_en, words["statement"])
        yield Paragraph(_wrong(finding, review.sums, words, language), words["wrong"])
        yield from excerpts(finding, review.report.report_year or 0, words)
        if finding.proposal:
            yield from _proposal(finding.proposal, review.report.report_year or 0, words)
        elif _computed_by()[finding.rule_id] == "terms":
            yield Paragraph(words["no_proposal"], words["proposals"])
        if finding.verdict:
            yield Paragraph(words["verdicts"][finding.verdict], words["verdict"])
        yield Paragraph(finding.advice_zh if language == "zh" else finding.advice_en, words["advice"])


def _wrong(finding: Finding, sums: Mapping[str, Sum], words: Mapping[str, Any], language: Language) -> str:
    """One sentence: what does not hold."""
    difference = "" if finding.difference is None else number_text(finding.difference)
    cells = ", ".join(
        f"{cell_label(cell.table_key, cell.row_key, cell.column_key)} {shown(cell.printed) or words['blank']}"
        for cell in finding.cells
    )
    if _computed_by()[finding.rule_id] == "terms" and len(finding.cells) > TERMS_TOLD:
        left, right = (_side(finding, sign) for sign in (1, -1))
        sentence = words["wrong_sums"].format(left=left, right=right, difference=difference)
    elif _computed_by()[finding.rule_id] == "terms":
        sentence = words["wrong_balance"].format(
            formula=finding.formula, formula_values=shown(finding.formula_values), difference=difference
        )
    elif _computed_by()[finding.rule_id] == "mart_division_check" and finding.instance_key in sums:
        of_figure = sums[finding.instance_key]
        sentence = words["wrong_sum"].format(
            aggregate=_number(of_figure.aggregate_value),
            members=_number(of_figure.member_sum),
            count=of_figure.body_count,
            difference=difference,
        )
    elif _computed_by()[finding.rule_id] == "int_claim_checks":
        sentence = words["wrong_claim"].format(found=shown(finding.formula_values), cells=cells)
    elif _computed_by()[finding.rule_id] == "int_claim_sum_checks":
        sentence = words["wrong_claim_sum"].format(found=shown(finding.formula_values), difference=difference)
    elif _computed_by()[finding.rule_id] in MEANT:
        sentence = words["wrong_meant"].format(cells=cells, found=shown(finding.formula_values))
    elif not finding.cells and not finding.formula_values:
        sentence = words["wrong_nothing"]
    elif finding.cells:
        sentence = words["wrong_cells"].format(cells=cells)
    else:
        sentence = words["wrong_found"].format(found=told(finding.formula_values, language))
    return str(sentence)


def _side(finding: Finding, sign: int) -> str:
    """Sum of the known terms on one side of a balance: 1 the left one, -1 the right one."""
    terms = (sign * cell.coefficient * cell.value for cell in finding.cells if cell.value is not None)
    of_side = (cell.coefficient * sign > 0 for cell in finding.cells if cell.value is not None)
    return number_text(sum(compress(terms, of_side), Decimal(0)))


def _number(value: Decimal | None) -> str:
    return "" if value is None else number_text(value)


def _proposal(proposal: Proposal, report_year: int, words: Mapping[str, Any]) -> Iterator[Block]:
    sure = "sure" if proposal.is_unique else "preferred" if proposal.is_preferred else "several"
    sure = sure if proposal.is_complete else "many"
    yield Paragraph(words[sure].format(count=proposal.set_count), words["proposals"])
    rows = []
    for number, one in enumerate(proposal.sets, start=1):
        for cell in one:
            label = cell_label(cell.table_key, cell.row_key, cell.column_key)
            if cell.report_year != report_year:
                label = words["year_label"].format(label=label, year=cell.report_year)
            value = words["open"] if cell.proposed_value is None else number_text(cell.proposed_value)
            rows.append(
                [
                    str(number),
                    label,
                    DrawnCell(shown(cell.printed), Mark.SUSPECT),
                    DrawnCell(value, Mark.PROPOSED),
                    words["owners"][cell.error_owner],
                ]
            )
    yield table(words["proposal_heads"], rows)


def _below(review: Review, words: Mapping[str, Any], language: Language) -> Iterator[Block]:
    if review.below is None:
        return
    yield Heading(2, words["below"])
    rows = [
        [
            shown(child.file),
            shown(child.body_name or ""),
            words["states"][child.state],
            told(child.reason or "", language),
        ]
        for child in review.below
    ]
    yield table(words["below_heads"], rows)


def _unassessed(review: Review, words: Mapping[str, Any], language: Language) -> Iterator[Block]:
    yield Heading(2, words["unassessed"])
    grouped: dict[tuple[str, str], list[str]] = {}
    for one in review.unassessed:
        grouped.setdefault((one.rule_id, one.reason), []).append(instance_label(one.instance_key))
    rows = [
        [rule_id, _statements(language)[rule_id], _places(labels, words), told(reason, language)]
        for (rule_id, reason), labels in grouped.items()
    ]
    yield table(words["unassessed_heads"], rows) if rows else Paragraph(words["none"])


def _places(labels: Sequence[str], words: Mapping[str, Any]) -> str:
    named = str(words["and"]).join(labels[:PLACES_SHOWN])
    return named if len(labels) <= PLACES_SHOWN else str(words["places"]).format(places=named, count=len(labels))


def _unasked(review: Review, words: Mapping[str, Any], language: Language) -> Iterator[Block]:
    yield Heading(2, words["unasked"])
    rows = [
        [rule.rule_id, _statements(language)[rule.rule_id], words["unasked_reasons"][_why_unasked(rule.rule_id)]]
        for rule in rules()
        if rule.rule_id not in review.asked
    ]
    yield table(words["unasked_heads"], rows) if rows else Paragraph(words["none"])


def _why_unasked(rule_id: str) -> str:
    """Name of the reason why a rule has no outcome for a file."""
    computed_by = _computed_by()[rule_id]
    of_the_archive = {rule for rule, _, needs, *_ in macro("rule_conditions") if OF_THE_ARCHIVE & {*needs}}
    if rule_id in of_the_archive:
        return "archive"
    reasons = {
        "not_built": "not_built",
        "mart_division_check": "children",
        "mart_peer_check": "others",
        "mart_duplicate_check": "others",
    }
    return reasons.get(computed_by, "silent")


def _doubts(review: Review, words: Mapping[str, Any], language: Language) -> Iterator[Block]:
    yield Heading(2, words["doubts"])
    doubtful = [cell for cell in review.cells if cell.doubt][:LEFTOVERS_SHOWN]
    if doubtful:
        rows = [
            [
                cell_label(cell.table_key, cell.row_key, cell.column_key),
                shown(cell.raw_text or "") or words["blank"],
                shown(cell.second_value or "") if cell.second_value is not None else "",
            ]
            for cell in doubtful
        ]
        yield table(words["doubtful_heads"], rows)
    if review.leftovers:
        yield Paragraph(words["leftovers"])
        rows = [[told(one.place, language), shown(one.raw_text)] for one in review.leftovers[:LEFTOVERS_SHOWN]]
        yield table(words["leftover_heads"], rows)
    if not doubtful and not review.leftovers:
        yield Paragraph(words["no_doubts"])


def _statements(language: Language) -> dict[str, str]:
    return {rule.rule_id: rule.statement_zh if language == "zh" else rule.statement_en for rule in rules()}


def _computed_by() -> dict[str, str]:
    return {rule.rule_id: rule.computed_by for rule in rules()}

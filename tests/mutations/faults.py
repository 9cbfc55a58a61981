"""Typed faults: each changes one report as a slip of a clerk or a system does, and says which rules speak of it.

A fault returns the names of rules that have to fail because of it, or None where the report has no place for it. For
faults of numbers the balances among them are worked out from what the change does to each sum (`net_changes`).
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise

from tests.mutations.reports import APPLICANTS, OUTCOME_SHARES, Figures, Key, MadeReport, Pair, net_changes, stated

Fault = Callable[[random.Random, Pair, Sequence[Pair]], set[str] | None]
"""Takes the pair whose own report it may change in place, and clean pairs to borrow from."""

COLUMNS = (*APPLICANTS, "total")
BLOCK = tuple(OUTCOME_SHARES)
"""Rows that a slip of rows moves: those of outcomes that clean reports have numbers in."""


def _counts(report: MadeReport, least: int) -> list[Key]:
    """Cells of requests and disputes with a whole number of at least so much."""
    return [
        key
        for key, value in report.figures.items()
        if key[0] != "proactive_disclosure" and value is not None and value >= least
    ]


def _balanced(before: dict[Key, Decimal | None], report: MadeReport) -> set[str] | None:
    """The balances that must fail now; None where no sum has changed."""
    return set(net_changes(before, report.figures)) or None


def _one_number(change: Callable[[random.Random, str], str], least: int) -> Fault:
    def fault(rng: random.Random, pair: Pair, _: Sequence[Pair]) -> set[str] | None:
        places = _counts(pair.own, least)
        if not places:
            return None
        key = rng.choice(places)
        clean = dict(pair.own.figures)
        changed = Decimal(change(rng, str(clean[key])))
        if changed == clean[key]:
            return None
        pair.own.figures[key] = changed
        pair.own.claims = stated(clean)
        return _balanced(clean, pair.own)

    return fault


def _dropped(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text))
    return text[:at] + text[at + 1 :]


def _doubled(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text))
    return text[: at + 1] + text[at:]


def _transposed(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def columns_shifted(rng: random.Random, pair: Pair, _: Sequence[Pair]) -> set[str] | None:
    """The numbers of a row stand one column to the right; the last is lost."""
    rows = sorted({key[1] for key in _counts(pair.own, 1) if key[0] == "requests"})
    if not rows:
        return None
    row, clean = rng.choice(rows), dict(pair.own.figures)
    values = [clean["requests", row, column] for column in COLUMNS]
    for column, value in zip(COLUMNS, [Decimal(0), *values[:-1]], strict=True):
        pair.own.figures["requests", row, column] = value
    return _balanced(clean, pair.own)


def rows_shifted(rng: random.Random, pair: Pair, _: Sequence[Pair]) -> set[str] | None:
    """A column's numbers stand one row lower from some row on, into the row of the sum."""
    places = [key for key in _counts(pair.own, 1) if key[0] == "requests" and key[1] in BLOCK]
    if not places:
        return None
    _, row, column = rng.choice(places)
    rows, clean = (*BLOCK[BLOCK.index(row) :], "outcome_total"), dict(pair.own.figures)
    for upper, lower in pairwise(rows):
        pair.own.figures["requests", lower, column] = clean["requests", upper, column]
    pair.own.figures["requests", row, column] = Decimal(0)
    return _balanced(clean, pair.own)


def number_split(rng: random.Random, pair: Pair, _: Sequence[Pair]) -> set[str] | None:
    """A number stands half in its cell, half in the next."""
    places = [key for key in _counts(pair.own, 10) if key[0] == "requests" and key[2] != "total"]
    if not places:
        return None
    key, clean = rng.choice(places), dict(pair.own.figures)
    text = str(clean[key])
    at = rng.randrange(1, len(text))
    pair.own.figures[key] = Decimal(text[:at])
    pair.own.figures[_next(key)] = Decimal(text[at:])
    # a nought behind it, or another number that it took the place of, leaves nothing by which it could be told
    is_told = text[at] != "0" and not clean[_next(key)] and _next(key)[2] != "total"
    return _with(_balanced(clean, pair.own), {"F09"} if is_told else set())


def numbers_joined(rng: random.Random, pair: Pair, _: Sequence[Pair]) -> set[str] | None:
    """Two numbers stand in one cell, and the next is blank."""
    figures = pair.own.figures
    places = [key for key in _counts(pair.own, 1) if key[0] == "requests" and key[2] != "total"]
    places = [key for key in places if figures[_next(key)] is not None]
    if not places:
        return None
    key, clean = rng.choice(places), dict(figures)
    pair.own.figures[key] = Decimal(f"{clean[key]}{clean[_next(key)]}")
    pair.own.figures[_next(key)] = None
    return (_balanced(clean, pair.own) or set()) | {"F06"} | ({"F09"} if _next(key)[2] != "total" else set())


def number_left_blank(rng: random.Random, pair: Pair, _: Sequence[Pair]) -> set[str] | None:
    """One number of the table of requests was not filled in."""
    places = [key for key in _counts(pair.own, 1) if key[0] == "requests"]
    if not places:
        return None
    key = rng.choice(places)
    pair.own.figures[key] = None
    pair.own.claims = [claim for claim in pair.own.claims if claim.key != key or claim.is_of_year_before]
    return {"B05", "F06"}


def total_not_updated(rng: random.Random, pair: Pair, _: Sequence[Pair]) -> set[str] | None:
    """A part was corrected, its totals were not."""
    places = [key for key in _counts(pair.own, 0) if key[2] not in {"total"} and key[1] != "outcome_total"]
    key, clean = rng.choice(places), dict(pair.own.figures)
    pair.own.figures[key] = (clean[key] or Decimal(0)) + rng.randrange(1, 9)
    return _balanced(clean, pair.own)


def last_year_pasted(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """The table of requests is last year's."""
    return _pasted(pair, pair.before, {"Y03"})


def other_body_pasted(rng: random.Random, pair: Pair, others: Sequence[Pair]) -> set[str] | None:
    """The table of requests is another body's."""
    sources = [other.own for other in others if other.own.body_id != pair.own.body_id]
    return _pasted(pair, rng.choice(sources), {"X05"}) if sources else None


def _pasted(pair: Pair, source: MadeReport | None, rules: set[str]) -> set[str] | None:
    requests = {key: value for key, value in source.figures.items() if key[0] == "requests"} if source else {}
    if sum(bool(value) for value in requests.values()) < 10:  # fewer are alike by chance, and no rule speaks of them
        return None
    pair.own.figures |= requests
    pair.own.claims = stated(pair.own.figures)
    return rules


def wrong_year(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """The text states last year's period."""
    pair.own.period_year -= 1
    return {"F02"}


def old_notice(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """The text cites the notice of 2019."""
    pair.own.notice = "国办公开办函〔2019〕60号"
    return {"F10"}


def unit_wrong(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """Fees in yuan stand in a cell of ten thousand yuan."""
    key = ("proactive_disclosure", "fees", "amount_10k_cny")
    if not (pair.before and pair.before.figures[key] and pair.own.figures[key]):
        return None
    pair.own.figures[key] = (pair.own.figures[key] or Decimal(0)) * 10_000
    return {"F08"}


def figure_tenfold(rng: random.Random, pair: Pair, _: Sequence[Pair]) -> set[str] | None:
    """A figure without a balance has a digit too many."""
    key = ("proactive_disclosure", rng.choice(["licensing", "penalties", "coercion"]), "decisions")
    if not pair.before or not pair.before.figures[key] or (pair.own.figures[key] or 0) < 10:
        return None
    pair.own.figures[key] = Decimal(f"{pair.own.figures[key]}{rng.randrange(10)}")
    before, now = pair.before.figures[key] or Decimal(1), pair.own.figures[key] or Decimal(0)
    return {"Y02"} if now > 5 * before else None


def blank_for_zero(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """Noughts are left blank."""
    noughts = [key for key in _counts(pair.own, 0) if pair.own.figures[key] == 0]
    for key in noughts:
        pair.own.figures[key] = None
    pair.own.claims = [claim for claim in pair.own.claims if pair.own.figures[claim.key] is not None]
    return {"F06"} if noughts else None


def prose_not_updated(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """The text has last year's numbers."""
    if not pair.before:
        return None
    own = pair.own.figures
    pair.own.claims = [claim for claim in stated(pair.before.figures) if own[claim.key] is not None]
    wrong = [claim for claim in pair.own.claims if claim.value != own[claim.key]]
    rules = {"D05" if claim.key[0] == "disputes" else "N03" if not claim.unit else "N01" for claim in wrong}
    return rules or None


def list_not_updated(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """A part of a list in the text was corrected, its total was not."""
    parts = [claim for claim in pair.own.claims if claim.verb == "upheld"]
    if not parts:
        return None
    parts[0].value += 1
    return {"N02", "D05"}


def last_year_misquoted(rng: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """The text quotes another number than last year's report has."""
    quoted = [claim for claim in pair.own.claims if claim.is_of_year_before]
    if not quoted:
        return None
    quoted[0].value += rng.randrange(1, 9)
    return {"Y05"}


def denied_in_prose(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """The text says that no request was received."""
    first = pair.own.claims[0]
    if first.key[1] != "new_received" or not first.value:
        return None
    first.verb, first.value, first.unit = "received", Decimal(0), ""
    return {"N03"}


def negative_count(rng: random.Random, pair: Pair, _: Sequence[Pair]) -> set[str] | None:
    """A count is printed below nought."""
    key, clean = rng.choice(_counts(pair.own, 0)), dict(pair.own.figures)
    pair.own.figures[key] = Decimal(-rng.randrange(1, 9))
    return (_balanced(clean, pair.own) or set()) | {"F07"}


def documents_as_regulations(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """Normative documents stand in the row of regulations."""
    for column in ("issued", "repealed", "in_force"):
        source = ("proactive_disclosure", "normative_documents", column)
        pair.own.figures["proactive_disclosure", "regulations", column] = pair.own.figures[source]
        pair.own.figures[source] = Decimal(0)
    return {"A03", "A01"} if pair.before else {"A03"}


def disputes_without_requests(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """A body without requests reports cases."""
    if pair.size != "none":
        return None
    for column in ("upheld", "total"):
        pair.own.figures["disputes", "reconsideration", column] = Decimal(2)
    pair.own.claims = stated(pair.own.figures)
    return {"B06", "D02"}


def secret_in_township(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """A township puts what it granted in the row of state secrets."""
    granted = pair.own.figures["requests", "granted", "total"]
    if pair.own.level != "township" or not granted:
        return None
    for column in COLUMNS:
        key = ("requests", "granted", column)
        pair.own.figures["requests", "denied_state_secret", column] = pair.own.figures[key]
        pair.own.figures[key] = Decimal(0)
    pair.own.claims = stated(pair.own.figures)
    return {"B11"}


def issued_not_in_force(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """More documents were issued than are in force and repealed."""
    documents = ("proactive_disclosure", "normative_documents")
    figures = pair.own.figures
    figures[*documents, "issued"] = (figures[*documents, "in_force"] or Decimal(0)) + 20
    return {"A02", "A01"} if pair.before else {"A02"}


def licensing_left_out(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """A body that licenses reports no licence."""
    key = ("proactive_disclosure", "licensing", "decisions")
    before = pair.before.figures[key] if pair.before else None
    if not pair.own.figures[key] or pair.below or pair.own.level == "township":
        return None
    pair.own.figures[key] = Decimal(0)
    return {"A05", "Y02"} if before and before >= 30 else {"A05"}


def _moved(figures: Figures, source: str, target: str) -> int:
    """All of one row of requests stands in another; returns the total of it."""
    total = int(figures["requests", source, "total"] or 0)
    for column in COLUMNS:
        key = ("requests", target, column)
        figures[key] = (figures[key] or Decimal(0)) + (figures["requests", source, column] or Decimal(0))
        figures["requests", source, column] = Decimal(0)
    return total


def _all_in_one_row(pair: Pair, target: str) -> bool:
    """Every outcome is of one kind; False for a body that decided too little to be compared."""
    decided = pair.own.figures["requests", "outcome_total", "total"] or 0
    if decided < 50 or pair.below or pair.own.level == "township":
        return False
    for row in BLOCK:
        if row != target:
            _moved(pair.own.figures, row, target)
    pair.own.claims = stated(pair.own.figures)
    return True


def all_in_other_reason(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """Whatever was decided was put into the last row."""
    return {"B08"} if _all_in_one_row(pair, "other_reason") else None


def all_not_held(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """Every request was answered with that the information is not held."""
    return {"B09"} if _all_in_one_row(pair, "unavailable_not_held") else None


def many_carried_out(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """What was granted to natural persons is carried into the next year."""
    figures = pair.own.figures
    moved = figures["requests", "granted", "natural_person"] or Decimal(0)
    received = figures["requests", "new_received", "total"] or 0
    if moved < 10 or moved * 5 <= received:
        return None
    for column in ("natural_person", "total"):
        for row, sign in (("granted", -1), ("outcome_total", -1), ("carried_out", 1)):
            figures["requests", row, column] = (figures["requests", row, column] or Decimal(0)) + sign * moved
    pair.own.claims = stated(figures)
    return {"B10"}


def lawsuits_of_others(rng: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """All lawsuits of the body stand in the table, not those on disclosure alone."""
    figures = pair.own.figures
    before = pair.before.figures["requests", "outcome_total", "total"] or 0 if pair.before else None
    if before is None:
        return None
    open_or_decided = sum(figures["requests", row, "total"] or 0 for row in ("outcome_total", "carried_out"))
    number = open_or_decided + before + rng.randrange(1, 50)
    for column in ("upheld", "total"):
        key = ("disputes", "litigation_direct", column)
        figures[key] = (figures[key] or Decimal(0)) + number
    return {"D03"}


def carried_in_made_to_fit(rng: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """Requests carried in are not those that last year's report carried out."""
    figures = pair.own.figures
    if not pair.before or (figures["requests", "new_received", "natural_person"] or 0) < 9:
        return None
    moved = rng.randrange(1, 9)
    for column in ("natural_person", "total"):
        for row, sign in (("new_received", -1), ("carried_in", 1)):
            figures["requests", row, column] = (figures["requests", row, column] or Decimal(0)) + sign * moved
    pair.own.claims = stated(figures)
    return {"Y01"}


def cell_not_located(rng: random.Random, pair: Pair, _: Sequence[Pair]) -> set[str] | None:
    """The table has a row too many, and one is missing."""
    pair.own.cells_located -= 7
    pair.own.leftover_count = rng.randrange(1, 8)
    return {"F04"}


def section_missing(rng: random.Random, pair: Pair, _: Sequence[Pair]) -> set[str] | None:
    """A section is missing."""
    del pair.own.sections[rng.choice(["problems", "other_matters", "overview"])]
    return {"F03"}


def placeholder_left(rng: random.Random, pair: Pair, _: Sequence[Pair]) -> set[str] | None:
    """A template was not filled in."""
    pair.own.sections["overview"] += rng.choice(["共收到××件。", "XX年。", "某某局负责办理。"])
    return {"F12"}


def last_years_text(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """The whole text is last year's."""
    if not pair.before:
        return None
    pair.own.sections = dict(pair.before.sections)
    return {"N04", "Y04"}


def text_of_other_body(rng: random.Random, pair: Pair, others: Sequence[Pair]) -> set[str] | None:
    """The text is another body's, with the name changed."""
    other = rng.choice(others).own
    text = other.sections["proactive_disclosure"]
    if not pair.own.sections["proactive_disclosure"] or other.body_id == pair.own.body_id:
        return None
    pair.own.sections["proactive_disclosure"] = text.replace(other.body_name, pair.own.body_name)
    return {"X05"}


def compiled_by_other_body(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """The opening sentence names another body."""
    pair.own.sections["overview"] += "本报告由邻县水务集团管理局负责编制。"
    return {"F11"}


def section_five_empty(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """Section five says nothing."""
    pair.own.sections["problems"] = "无。"
    return {"N05"}


def fees_not_stated(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """Section six does not speak of processing fees."""
    pair.own.sections["other_matters"] = "没有其他需要报告的事项。"
    return {"N06"}


def published_late(rng: random.Random, pair: Pair, _: Sequence[Pair]) -> set[str] | None:
    """Published after the deadline."""
    pair.own.published_on = dt.date(pair.own.year + 1, 1, 31) + dt.timedelta(days=rng.randrange(1, 60))
    return {"M01"}


def dated_ahead(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """The stated date of publication is later than the day on which the report was seen."""
    pair.own.published_on = dt.date(pair.own.year + 1, 6, 20)
    return {"M01", "M02"}


def withdrawn(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """The page is gone."""
    pair.own.is_vanished = True
    return {"M04"}


def changed_after_publication(rng: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """Another figure stood at the address before."""
    pair.own.shown_before = _with_another_figure(rng, pair.own)
    return {"Y06"}


def other_figures_elsewhere(rng: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """A second address shows another figure."""
    pair.own.shown_elsewhere = _with_another_figure(rng, pair.own)
    return {"F14"}


def _with_another_figure(rng: random.Random, report: MadeReport) -> Figures:
    key = ("proactive_disclosure", rng.choice(["licensing", "penalties", "coercion"]), "decisions")
    return report.figures | {key: (report.figures[key] or Decimal(0)) + rng.randrange(1, 9)}


def aggregate_too_small(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """A report on all bodies of a county has fewer requests than one of them."""
    if not pair.below or not pair.below.figures["requests", "new_received", "total"]:
        return None
    for key in pair.own.figures:
        if key[0] != "proactive_disclosure":
            pair.own.figures[key] = Decimal(0)
    pair.own.claims = stated(pair.own.figures)
    return {"X01"}


def published_as_picture(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """The report is a picture."""
    pair.own.document_format = "image"
    return {"F13"}


def tables_of_2019(_: random.Random, pair: Pair, __: Sequence[Pair]) -> set[str] | None:
    """The heads are those of the notice of 2019."""
    pair.own.generation = "2019"
    return {"F01"}


def _with(balances: set[str] | None, others: set[str]) -> set[str] | None:
    return balances and balances | others


def _next(key: Key) -> Key:
    return (key[0], key[1], COLUMNS[COLUMNS.index(key[2]) + 1])


FAULTS: dict[str, Fault] = {
    "digit_dropped": _one_number(_dropped, 10),
    "digit_doubled": _one_number(_doubled, 1),
    "digits_transposed": _one_number(_transposed, 10),
    **{
        fault.__name__: fault
        for fault in (
            columns_shifted,
            rows_shifted,
            number_split,
            numbers_joined,
            number_left_blank,
            total_not_updated,
            negative_count,
            last_year_pasted,
            other_body_pasted,
            wrong_year,
            old_notice,
            unit_wrong,
            figure_tenfold,
            blank_for_zero,
            prose_not_updated,
            list_not_updated,
            last_year_misquoted,
            denied_in_prose,
            documents_as_regulations,
            disputes_without_requests,
            secret_in_township,
            issued_not_in_force,
            licensing_left_out,
            all_in_other_reason,
            all_not_held,
            many_carried_out,
            lawsuits_of_others,
            carried_in_made_to_fit,
            cell_not_located,
            section_missing,
            placeholder_left,
            last_years_text,
            text_of_other_body,
            compiled_by_other_body,
            section_five_empty,
            fees_not_stated,
            published_late,
            dated_ahead,
            withdrawn,
            changed_after_publication,
            other_figures_elsewhere,
            aggregate_too_small,
            published_as_picture,
            tables_of_2019,
        )
    },
}

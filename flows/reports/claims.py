"""Numeric claims: which number a report's sentences state for which verb and object, and which cell counts the same.

What cannot be told is no claim. The words are data (`claim_words.yaml`); how a sentence is put together is here:
the verb and the object stand before the number in its clause (受理政府信息公开申请3件), or the object behind it (受理
3件申请), or the verb (另有3件结转下年); an outcome or an applicant without them takes those of the number before.
"""

from __future__ import annotations

import dataclasses
import itertools
import logging
import re
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from flows.records import Claim, Report, Section
from flows.reports.claim_binding import Saying, bind, objection_in
from flows.reports.claim_clause import Clause, Context, end_of_clause, respectively
from flows.reports.claim_denials import denials
from flows.reports.claim_scope import OWN, Subject, opening_year, scope_at
from flows.reports.claim_text import LONGEST_SENTENCE, Number, boundaries, find_numbers, masked, sentences
from flows.reports.claim_words import Token, find_tokens, holds_denial

_CONTINUES = re.compile(r"^(?:其中|另|按|从|上年|结转|答复|办结|予以|部分公开|不予|无法|自然人|延期|已)")
"""A sentence that opens so goes on with what the one before spoke of."""
_BRACKET = re.compile(r"[（）]")
SENTENCES_MOST = 1000
"""So many sentences with numbers are looked at in one report; what comes after is a machine's list, and is logged."""
NUMBERS_MOST = 80
"""A sentence with more numbers is a table without its lines; none of them is taken, and that is logged."""
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class _Sentence:
    """One sentence that states or denies something, and the year with which the text before it opened."""

    section: Section
    ordinal: int
    sentence: str
    text: str
    """The sentence with what is no statement masked."""
    numbers: Sequence[Number]
    tokens: Sequence[Token]
    year_before: int | None


def read_claims(
    report: Report, sections: Sequence[Section], cell_keys: Collection[tuple[str, str, str]]
) -> list[Claim]:
    """Claims of a report in the order of its text; `cell_keys` are table, row and column of the cells it has."""
    claims: list[Claim] = []
    every = (sentence for section in sections for sentence in _stating_sentences(section))
    stating = list(itertools.islice(every, SENTENCES_MOST + 1))
    if len(stating) > SENTENCES_MOST:
        log.warning("%s: only the first %d sentences with numbers were read", report.report_id, SENTENCES_MOST)
    context, last_place = Context(), (-1, -1)
    for sentence in stating[:SENTENCES_MOST]:
        place = (sentence.section.section_ordinal, sentence.ordinal)
        follows = place == (last_place[0], last_place[1] + 1) and _CONTINUES.match(sentence.sentence)
        found, context = _sentence_claims(sentence, context if follows else Context())
        last_place = place
        claims += _placed(report, sentence, found, cell_keys, len(claims))
    return claims


def _stating_sentences(section: Section) -> Iterator[_Sentence]:
    year_before = None
    for ordinal, sentence in enumerate(sentences(section.section_text)):
        year_before = opening_year(sentence) or year_before
        if len(sentence) > LONGEST_SENTENCE:
            log.warning("%s: a sentence of %d characters was not read", section.report_id, len(sentence))
            continue
        text = masked(sentence)
        numbers = find_numbers(text)
        if len(numbers) > NUMBERS_MOST:
            log.warning("%s: a sentence with %d numbers was not read", section.report_id, len(numbers))
        elif numbers or holds_denial(text):
            yield _Sentence(section, ordinal, sentence, text, numbers, find_tokens(text), year_before)


def _placed(
    report: Report,
    sentence: _Sentence,
    found: Sequence[tuple[int, Number, Saying]],
    cell_keys: Collection[tuple[str, str, str]],
    first_ordinal: int,
) -> list[Claim]:
    """The claims of one sentence, each with its scope and its cell."""
    subject = Subject(report.body_name, report.body_kind, report.report_year)
    claims: list[Claim] = []
    said: dict[tuple[object, ...], int] = {}
    narrowed_in = OWN
    stated = [(place, saying) for place, _, saying in found]
    for place, number, saying in found:
        scope = scope_at(sentence.text, sentence.tokens, place, subject, sentence.year_before)
        kind = _measure_kind(sentence.text, number)
        if saying.is_narrowed:
            narrowed_in = scope.key
        elif saying.is_of_part and scope.key == narrowed_in:
            saying = dataclasses.replace(saying, is_narrowed=True)  # noqa: PLW2901 - what it is a part of is known here
        same = (saying.verb, saying.object_key, saying.qualifier, kind, scope)
        if same in said and "其中" in sentence.text[said[same] : place]:
            continue  # a part by something that is not understood
        repeated = "the sentence states several numbers for the same" if same in said else None
        objection = repeated or objection_in(sentence.text, place, saying, stated)
        cell, reason = bind(saying, number, kind, scope, cell_keys, objection=objection)
        said.setdefault(same, place)
        claims.append(
            Claim(
                report_id=report.report_id,
                reader_version=report.reader_version,
                claim_ordinal=first_ordinal + len(claims),
                section_ordinal=sentence.section.section_ordinal,
                section_key=sentence.section.section_key,
                sentence_ordinal=sentence.ordinal,
                sentence_text=sentence.sentence,
                number_offset=place,
                verb=saying.verb,
                object_key=saying.object_key,
                qualifier=saying.qualifier,
                measure_kind=kind,
                value=number.value,
                printed=number.printed,
                unit=number.unit,
                is_approximate=number.is_approximate,
                scope=scope.key,
                claim_year=scope.year,
                bound_table=cell[0] if cell else None,
                bound_row=cell[1] if cell else None,
                bound_column=cell[2] if cell else None,
                bound_reason=reason,
            )
        )
    return claims


def _sentence_claims(sentence: _Sentence, before: Context) -> tuple[list[tuple[int, Number, Saying]], Context]:
    """What each number of a sentence counts, and what the next sentence may take up."""
    text, tokens, numbers = sentence.text, sentence.tokens, sentence.numbers
    found = [
        (place, Number(Decimal(0), printed, "", False, place, place), Saying(verb, object_key, None, False))
        for place, printed, verb, object_key in denials(text, tokens, numbers)
    ]
    context = before
    outer: list[Context] = []
    listed: dict[int, Saying | None] = {}
    floor = last_end = 0
    for index, number in enumerate(numbers):
        for bracket in _BRACKET.findall(text, last_end, number.start):
            if bracket == "（":
                outer.append(context)
            elif outer:
                context = outer.pop()
        floor = max(floor, text.rfind("）", 0, number.start) + 1)
        context = _with_mentioned(context, tokens, floor, number.start)
        if index not in listed:
            listed.update(respectively(text, tokens, numbers, index, floor, context))
        clause = Clause(text, tokens, floor, number, end_of_clause(text, numbers, index))
        saying = listed[index] if index in listed else clause.saying(context)
        if saying:
            found.append((number.start, _signed(text, number), saying))
            context = Context(saying.object_key, saying, saying.is_narrowed or saying.is_of_part)
        elif not clause.is_compared_with:
            context = dataclasses.replace(context, last=None)
        floor, last_end = clause.reach, number.end
    return sorted(found, key=lambda claim: claim[0]), context


def _with_mentioned(context: Context, tokens: Sequence[Token], floor: int, place: int) -> Context:
    """The context with the object that was named since the last number, outside the number's own clause or in it."""
    named = [token.key for token in tokens if token.kind == "object" and floor <= token.start < place]
    return dataclasses.replace(context, object_key=named[-1], is_of_part=False) if named else context


def _measure_kind(sentence: str, number: Number) -> str:
    if _change_before(sentence, number.start) or number.unit in {"个百分点", "百分点"}:
        return "change"
    if number.unit == "%":
        return "share"
    return "amount" if number.unit in {"元", "万元", "亿元"} else "count"


def _signed(text: str, number: Number) -> Number:
    """The number, below zero where the words before it say that there are fewer."""
    falls = _change_before(text, number.start) == "decrease"
    return dataclasses.replace(number, value=-number.value) if falls else number


@lru_cache(maxsize=256)
def _change_before(text: str, place: int) -> str | None:
    """Whether the clause before the number at a place says that there is more, or less; asked twice for each."""
    start = max([0, *(boundary for boundary in boundaries(text) if boundary <= place)])
    kinds = [token.kind for token in find_tokens(text[start:place], ("increase", "decrease"))]
    return kinds[-1] if kinds else None

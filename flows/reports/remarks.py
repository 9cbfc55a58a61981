"""What the text of a report should not hold, or lacks: facts, which rules may hold against it.

| kind | what |
|---|---|
| placeholder | 某某局, XX件, 【】, ＿＿: left where something was to be filled in |
| other_year | a sentence that tells what was done in another year, and names the report's own nowhere |
| other_body | the text says that another body has written the report |
| empty_problems | section five is there and says nothing |
| no_fee_statement | section six is there and says nothing of fees |

The words are data (`remark_words.yaml`). The notice that the text cites is `Report.notice_cited`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import yaml

from flows.records import Report, Section, TextRemark
from flows.reports.claim_scope import opening_year
from flows.reports.claim_text import sentences

REMARKS_MOST = 50
"""So many remarks are kept of one report; a text with more is no honest one."""
TEXT_MOST = 200
"""Characters of the text that a remark quotes."""
_WORDS = Path(__file__).with_name("remark_words.yaml")
_SAYS_SOMETHING = re.compile(r"[\u4e00-\u9fff].{8}", re.DOTALL)


def text_remarks(report: Report, sections: Sequence[Section]) -> list[TextRemark]:
    """Remarks in the order of the text, the same said once."""
    found = dict.fromkeys(_found(report, sections))
    return [
        TextRemark(report.report_id, report.reader_version, ordinal, kind, section_key, raw_text[:TEXT_MOST])
        for ordinal, (kind, section_key, raw_text) in enumerate(list(found)[:REMARKS_MOST])
    ]


def _found(report: Report, sections: Sequence[Section]) -> Iterator[tuple[str, str, str]]:
    """Kind, section and text."""
    for section in sections:
        for sentence in sentences(section.section_text):
            if _words("placeholder").search(sentence):
                yield "placeholder", section.section_key, sentence
            if report.report_year and _is_of_other_year(sentence, report.report_year):
                yield "other_year", section.section_key, sentence
            compiler = _words("compiler").search(sentence)
            if compiler and not _is_same_body(compiler.group(1), report):
                yield "other_body", section.section_key, sentence
    texts = {section.section_key: section.section_text for section in sections}
    if "problems" in texts and not _SAYS_SOMETHING.search(texts["problems"]):
        yield "empty_problems", "problems", texts["problems"].strip()
    if "other_matters" in texts and not _words("fee_statement").search(texts["other_matters"]):
        yield "no_fee_statement", "other_matters", texts["other_matters"].strip()


def _is_of_other_year(sentence: str, report_year: int) -> bool:
    """Whether it tells of another year as if that were the report's; the year after is that of plans."""
    year = opening_year(sentence)
    if year is None or year in {report_year, report_year + 1} or str(report_year) in sentence:
        return False
    return _words("told_of_year").search(sentence) is not None


def _is_same_body(name: str, report: Report) -> bool:
    """Whether the name is the body's (市财政局 for 临河市财政局), that of its office, or 我局 and the like.

    The report of a government is written by whichever of its offices it charges with that.
    """
    place = report.body_name.removesuffix("人民政府")
    is_its_office = report.body_kind == "government" and (name.startswith(place) or name[0] == place[-1])
    return (
        is_its_office
        or name[0] in "我本"
        or name.removesuffix("办公室") in report.body_name
        or report.body_name in name
    )


@cache
def _words(kind: str) -> re.Pattern[str]:
    return re.compile("|".join(yaml.safe_load(_WORDS.read_text(encoding="utf-8"))[kind]))

"""What a recipient is told: against what was told last, and how it reads in both languages."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from decimal import Decimal

import pytest
from PIL import Image

from flows.mail import pictures
from flows.mail.digest import render
from flows.mail.news import NewsKind, Told, news
from flows.mail.pictures import COVERED, FAILED, drawn
from flows.mail.routing import Recipient
from flows.mail.trends import Bar, coverage_by_division, failed_by_year
from flows.quality.findings import DivisionCoverage
from flows.quality.sightings import OVERDUE, sighting_of
from tests.unit.mail_samples import SEEN_AT, SUMMARY, decided, finding, stored

TOLD_AT = SEEN_AT - dt.timedelta(days=7)
ID = finding().finding_id
TOLD = Told(TOLD_AT, is_standing=True, severity="error", difference=Decimal(2))
EN = Recipient(address="a@example.org", language="en", everything=True)
ZH = Recipient(address="a@example.org", everything=True)


def overdue(state: str = "new", **changes):
    as_it_was_due = finding(finding_id="f" * 16, cells=(), formula_values="2025-01-31", severity="warning")
    sighting = dataclasses.replace(sighting_of(as_it_was_due), rule_id=OVERDUE)
    return stored(state=state, sighting=sighting, **changes)


@pytest.mark.parametrize(
    ("standing", "told", "kind"),
    [
        (stored(), None, "new"),
        (stored(state="open"), None, "new"),
        (stored(), TOLD, None),
        (stored(), dataclasses.replace(TOLD, is_standing=False), "new"),
        (stored(finding(difference=Decimal(-3))), TOLD, "worsened"),
        (stored(finding(difference=Decimal(-2))), TOLD, None),
        (stored(finding(difference=Decimal(1))), TOLD, None),
        (stored(), dataclasses.replace(TOLD, severity="warning"), "worsened"),
        (stored(state="fixed"), TOLD, "fixed"),
        (stored(state="unchecked"), TOLD, "unchecked"),
        (stored(state="fixed"), None, None),
        (stored(state="fixed"), dataclasses.replace(TOLD, is_standing=False), None),
        (stored(state="acknowledged", decision=decided()), TOLD, None),
        (stored(state="acknowledged", decision=decided()), None, None),
        (stored(state="open", decision=decided(), lapsed="expired"), TOLD, "due"),
        (stored(state="open", decision=decided(), lapsed="values"), TOLD, "due"),
        (stored(state="open", decision=decided("reopened")), TOLD, "due"),
        # told since, as due
        (
            stored(state="open", decision=decided(), lapsed="expired"),
            dataclasses.replace(TOLD, told_at=SEEN_AT),
            None,
        ),
        (overdue(), None, "due"),
        (overdue(), dataclasses.replace(TOLD, severity="warning", difference=None), None),
        (overdue("fixed"), TOLD, "fixed"),
    ],
)
def test_what_is_told_is_what_is_otherwise_than_told_last(standing, told, kind):
    found = news([standing], {standing.sighting.finding_id: told} if told else {})
    assert [item.kind for item in found.items] == ([kind] if kind else [])


def test_what_is_not_told_is_counted():
    names = [f"{number:016x}" for number in range(4)]
    states = ["open", "open", "acknowledged", "fixed"]
    mine = [stored(finding(finding_id=name), state) for name, state in zip(names, states, strict=True)]
    found = news(mine, dict.fromkeys(names[:3], TOLD))
    assert (found.items, found.known_count, found.acknowledged_count) == ((), 2, 1)


def test_by_kind_then_errors_first():
    mine = [
        stored(finding(finding_id="fixed"), "fixed"),
        stored(finding(finding_id="mild", severity="warning")),
        stored(finding(finding_id="severe")),
    ]
    found = news(mine, {"fixed": TOLD})
    assert [item.stored.sighting.finding_id for item in found.items] == ["severe", "mild", "fixed"]
    assert [one.sighting.finding_id for one in found.of(NewsKind.NEW)] == ["severe", "mild"]


def text_of(recipient, *mine, told=None, **more):
    found = news(mine, told or {})
    return render(recipient, found, mine, {ID: finding()}, SUMMARY, mail_from="a@example.org", **more)


@pytest.mark.parametrize(
    ("standing", "told", "zh", "en"),
    [
        (
            stored(state="fixed"),
            TOLD,
            ("已改正 1 项", "该项核对现已通过", "此前所印或所见: 70 + 4"),
            ("1 fixed", "is passed now"),
        ),
        (
            stored(finding(difference=Decimal(-3))),
            TOLD,
            ("加重 1 项", "此前差额为 2"),
            ("1 worsened", "the difference was 2 before"),
        ),
        (
            stored(),
            dataclasses.replace(TOLD, severity="warning"),
            ("此前列为提示",),
            ("it was a warning before",),
        ),
        (
            stored(state="unchecked"),
            TOLD,
            ("不再可核 1 项", "既未通过也无法再核：the cell has no value"),
            ("1 no longer checked", "neither passed nor checked any more: the cell has no value"),
        ),
        (
            stored(state="open", decision=decided(until=dt.date(2026, 3, 31)), lapsed="expired"),
            TOLD,
            ("到期 1 项", "Records office 于 2026-03-31 确认，有效期至 2026-03-31，现已到期", "70 + 4 = 71 + 1"),
            ("1 due", "acknowledged by Records office on 2026-03-31 until 2026-03-31, which has passed"),
        ),
        (
            stored(state="open", decision=decided(), lapsed="values"),
            TOLD,
            ("此后数字有变",),
            ("the figures have changed since",),
        ),
        (
            overdue(),
            None,
            ("到期 1 项", "年度报告已过发布期限，门户上未见", "期限: 2025-01-31"),
            ("1 due", "The deadline of this annual report has passed", "Deadline: 2025-01-31"),
        ),
        (overdue("fixed"), TOLD, ("报告现已发布",), ("the report is there now",)),
    ],
    ids=["fixed", "worsened", "severer", "unchecked", "expired", "values", "overdue", "published"],
)
def test_it_is_said_in_both_languages_why(standing, told, zh, en):
    for recipient, words in ((ZH, zh), (EN, en)):
        digest = text_of(recipient, standing, told={standing.sighting.finding_id: told} if told else {})
        for word in words:
            assert word in digest.text + digest.subject
            assert word in digest.html.replace("&gt;", ">")


def test_what_is_known_is_counted_and_told_no_more():
    acknowledged = stored(finding(finding_id="known", body_name="某县教育局"), "acknowledged")
    digest = text_of(EN, stored(), acknowledged)
    assert "Told before and still there: 0 (attached, not repeated here). Acknowledged: 1 (not told)." in digest.text
    assert "某县教育局" not in digest.text + digest.html + digest.csv.decode("utf-8-sig")
    assert f"Finding: {ID}" in digest.text


def test_a_mail_that_may_not_have_arrived_is_named():
    digest = text_of(EN, stored(), doubtful_on=[dt.date(2026, 3, 30)])
    assert "The mail of 2026-03-30 may not have arrived" in digest.text
    assert "The mail of 2026-03-30 may not have arrived" in digest.html


def test_failed_checks_by_year_count_what_stands():
    mine = [
        *(
            stored(finding(report_year=year, severity=severity))
            for year, severity in ((2023, "error"), (2024, "warning"))
        ),
        stored(finding(report_year=2024, severity="warning"), "acknowledged"),
        stored(finding(report_year=2022), "fixed"),
        overdue(),
    ]
    assert failed_by_year(mine) == [Bar("2023", (1, 0)), Bar("2024", (0, 2))]


DIVISIONS = [
    DivisionCoverage(code, code, 2025, expected, 1)
    for code, expected in (("320000", 9), ("321300", 5), ("321302", 2), ("321322", 3), ("330000", 4), ("419001", 1))
]


@pytest.mark.parametrize(
    ("wanted", "labels"),
    [
        ({"everything": True}, ["320000", "330000"]),
        ({"divisions": ["32"]}, ["321300"]),
        ({"divisions": ["320000"]}, ["321300"]),
        ({"divisions": ["3213"]}, ["321302", "321322"]),
        ({"divisions": ["321322"]}, ["321322"]),
        ({"bodies": ["某县"]}, []),
    ],
)
def test_coverage_is_of_the_divisions_next_below(wanted, labels):
    bars = coverage_by_division(Recipient(address="a@example.org", **wanted), DIVISIONS)
    assert [bar.label for bar in bars] == labels


def test_bars_are_as_long_as_their_counts():
    png = drawn([Bar("2023", (3, 1)), Bar("2024", (0, 2))], parts=("a", "b"), colours=FAILED)
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    # down through the middle of each bar, the legend left out
    rows = [[picture.getpixel((x, y)) for x in range(picture.width)] for y in (24 + 56 + 30, 24 + 112 + 30)]
    lengths = [[sum(pixel == rgb for pixel in row) for rgb in ((180, 35, 24), (217, 164, 65))] for row in rows]
    (errors, warnings), (none, two) = lengths
    assert none == 0
    assert errors == pytest.approx(3 * warnings, abs=6)
    assert two == pytest.approx(2 * warnings, abs=6)
    assert png == drawn([Bar("2023", (3, 1)), Bar("2024", (0, 2))], parts=("a", "b"), colours=FAILED)


def test_without_a_font_for_it_there_is_a_table_instead_of_a_picture(monkeypatch):
    monkeypatch.setattr(pictures, "_font", lambda: None)
    assert drawn([Bar("某市", (1, 2))], parts=("a", "b"), colours=COVERED) is None
    assert drawn([], parts=("a", "b"), colours=COVERED) is None
    digest = text_of(ZH, stored())
    assert "<img" not in digest.html
    assert ">2024</td>" in digest.html
    assert "  2024: 1 + 0\n" in digest.text

"""One digest: what one recipient is told, as a mail with text, HTML, pictures and sheets. Same input, same mail."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from functools import cache
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from flows.errors import InputError
from flows.formats import rules
from flows.mail.news import News, NewsItem, NewsKind
from flows.mail.pictures import COVERED, FAILED, drawn
from flows.mail.plain import safe_url
from flows.mail.routing import CONTROL, Language, Recipient
from flows.mail.sheet import Row, as_csv, as_workbook, rows
from flows.mail.trends import Bar, coverage_by_division, failed_by_year
from flows.quality.finding_states import StoredFinding
from flows.quality.findings import Finding, SummaryCounts
from flows.quality.named_cells import Proposal
from flows.quality.proposal_words import number_text
from flows.quality.sightings import OVERDUE
from flows.terminal import one_line

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent
FINDINGS_SHOWN = 100
"""Findings in the text of one digest; the sheets have all."""
FINDINGS_OF_A_RULE = 5
"""Of them those of one rule and report: an aggregate that was not updated fails in every figure."""
SEVEN_BIT = SMTP.clone(cte_type="7bit")
"""Every server takes these bytes as they are, so what is sent is what is kept."""
WORKBOOK = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclasses.dataclass(frozen=True, slots=True)
class Trend:
    """Counts over time or place, in words and, where it could be drawn, as a picture."""

    name: str
    title: str
    parts: tuple[str, str]
    bars: Sequence[Bar]
    png: bytes | None


@dataclasses.dataclass(frozen=True, slots=True)
class Digest:
    """A rendered digest. `digest_id` is the same for the same sender, recipient, number and findings."""

    mail_from: str
    recipient: Recipient
    digest_id: str
    references: tuple[str, ...]
    """Message-IDs of the digests before, oldest first."""
    subject: str
    text: str
    html: str
    trends: tuple[Trend, ...]
    csv: bytes
    workbook: bytes


def render(
    recipient: Recipient,
    told: News,
    mine: Sequence[StoredFinding],
    shown: Mapping[str, Finding],
    summary: SummaryCounts,
    *,
    mail_from: str,
    number: int = 1,
    references: Sequence[str] = (),
    doubtful_on: Sequence[dt.date] = (),
) -> Digest:
    """The digest of what a recipient is told, in the recipient's language.

    `mine` are all findings of the recipient, `shown` has by `finding_id` what the published copy says of them.
    `number` counts the digests that were made for the recipient, so that what is told twice is told in two mails.
    `doubtful_on` are the days of digests that may not have arrived, of which the news are told once more.
    Raises InputError when `mail_from` is not an address.
    """
    _sender(mail_from)
    words = _words()[recipient.language]
    entries = [_entry(item, shown.get(item.stored.sighting.finding_id), words) for item in told.items]
    listed = list(islice(_first_of_each_rule(entries), FINDINGS_SHOWN))
    table = rows(told, mine, shown)
    trends = _trends(recipient, mine, summary, words)
    parts = [words[f"count_{kind}"].format(count=len(told.of(kind))) for kind in NewsKind if told.of(kind)]
    counts = words["comma"].join(parts)
    context = {
        "words": words,
        "language": recipient.language,
        "subject": words["subject_news"].format(counts=counts) if counts else words["subject_none"],
        "recipient_name": one_line(recipient.name),
        "counts": counts,
        "sections": [(kind.value, list(_by_body(group))) for kind, group in groupby(listed, lambda one: one["kind"])],
        "more_count": len(entries) - len(listed),
        "known_count": told.known_count,
        "acknowledged_count": told.acknowledged_count,
        "doubtful_on": doubtful_on,
        "trends": trends,
        "summary": summary,
        "coverage": [(words.get(state, state.replace("_", " ")), n) for state, n in summary.coverage.items()],
    }
    environment = _environment()
    return Digest(
        mail_from=mail_from,
        recipient=recipient,
        digest_id=_digest_id(mail_from, recipient, number, table),
        references=tuple(references),
        subject=str(context["subject"]),
        text=environment.get_template("digest.txt.j2").render(context),
        html=environment.get_template("digest.html.j2").render(context),
        trends=trends,
        csv=as_csv(table),
        workbook=as_workbook(table),
    )


def message_id(digest: Digest) -> str:
    """Message-ID of a digest: the same digest is the same message, whenever it is rendered."""
    return f"<{digest.digest_id}@{_sender(digest.mail_from)[1].rpartition('@')[2]}>"


def as_message(digest: Digest, *, now: dt.datetime) -> EmailMessage:
    """The mail: multipart/mixed of multipart/alternative (text; HTML with its pictures), CSV and workbook."""
    name, address = _sender(digest.mail_from)
    message = EmailMessage(policy=SEVEN_BIT)
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = Address(display_name=digest.recipient.name, addr_spec=digest.recipient.address)
    message["Subject"] = digest.subject
    message["Date"] = now
    message["Message-ID"] = message_id(digest)
    if digest.references:
        message["In-Reply-To"] = digest.references[-1]
        message["References"] = " ".join(digest.references)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(digest.text)
    message.add_alternative(digest.html, subtype="html")
    html = message.get_payload()[1]  # type: ignore[index]
    for trend in digest.trends:
        if trend.png is not None:
            html.add_related(  # type: ignore[union-attr]
                trend.png, "image", "png", cid=f"<{trend.name}>", filename=f"{trend.name}.png", disposition="inline"
            )
    message.add_attachment(
        digest.csv, maintype="text", subtype="csv", filename="findings.csv", params={"charset": "utf-8"}
    )
    message.add_attachment(digest.workbook, maintype="application", subtype=WORKBOOK, filename="findings.xlsx")
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{digest.digest_id}_{number}")  # a random one would make each rendering another file
    return message


def _sender(mail_from: str) -> tuple[str, str]:
    name, address = parseaddr(mail_from)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address) or not address.isascii() or CONTROL.search(mail_from):
        raise InputError(
            f"GONGKAI_MAIL_FROM is {mail_from!r}, which is not a mail address; set one such as a@b.example."
        )
    return name, address


def _digest_id(mail_from: str, recipient: Recipient, number: int, table: Sequence[Row]) -> str:
    content = {
        "mail_from": mail_from,
        "address": recipient.address,
        "language": recipient.language,
        "number": number,
        "findings": [{name: row[name] for name in row if name != "last_seen_at"} for row in table],
    }
    canonical = json.dumps(content, ensure_ascii=True, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def _entry(item: NewsItem, finding: Finding | None, words: Mapping[str, str]) -> dict[str, Any]:
    """What the templates show of one finding; of what stands no more, and of an overdue report, the sighting only."""
    stored, sighting = item.stored, item.stored.sighting
    is_shown_whole = stored.is_standing and finding is not None
    return {
        "kind": item.kind,
        "sighting": sighting,
        "finding": finding if is_shown_whole else None,
        "statement": _statement(sighting.rule_id, words),
        "why": _why(item, words),
    }


def _statement(rule_id: str, words: Mapping[str, str]) -> str:
    if rule_id == OVERDUE:
        return words["overdue_statement"]
    statement = next((getattr(rule, words["statement"]) for rule in rules() if rule.rule_id == rule_id), rule_id)
    return str(statement)


def _why(item: NewsItem, words: Mapping[str, str]) -> str:
    stored, decision = item.stored, item.stored.decision
    is_overdue = stored.sighting.rule_id == OVERDUE
    if item.kind == NewsKind.FIXED:
        return words["fixed_overdue" if is_overdue else "fixed_check"]
    if item.kind == NewsKind.WORSENED and item.told is not None:
        before = item.told.difference
        if item.told.severity != stored.sighting.severity or before is None:
            return words["severer"]
        return words["greater"].format(before=number_text(before))
    if item.kind == NewsKind.UNCHECKED:
        return words["unchecked_because"].format(reason=stored.ended_reason)
    if decision is None or not (stored.lapsed or decision.kind == "reopened"):
        return ""
    key = f"lapsed_{stored.lapsed}" if stored.lapsed else "reopened"
    return words[key].format(by=decision.decided_by, on=decision.decided_at.date(), until=decision.until_on)


def _trends(
    recipient: Recipient, mine: Sequence[StoredFinding], summary: SummaryCounts, words: Mapping[str, str]
) -> tuple[Trend, ...]:
    year = next((one.report_year for one in summary.divisions), "")
    made = (
        (
            "failed_by_year",
            words["failed_by_year"],
            ("severity_error", "severity_warning"),
            failed_by_year(mine),
            FAILED,
        ),
        (
            "coverage_by_division",
            words["coverage_by_division"].format(year=year),
            ("found_reports", "missing_reports"),
            coverage_by_division(recipient, summary.divisions),
            COVERED,
        ),
    )
    return tuple(
        Trend(name, title, parts, bars, drawn(bars, parts=parts, colours=colours))
        for name, title, keys, bars, colours in made
        for parts in ((words[keys[0]], words[keys[1]]),)
        if bars
    )


def _first_of_each_rule(entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    seen: Counter[tuple[str, str, int, str]] = Counter()
    for entry in entries:
        sighting = entry["sighting"]
        of_one = (entry["kind"], sighting.body_id, sighting.report_year, sighting.rule_id)
        seen[of_one] += 1
        if seen[of_one] <= FINDINGS_OF_A_RULE:
            yield entry


def _by_body(entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Bodies with their findings, in the order in which they first appear."""
    listed = list(entries)
    order = {body: place for place, body in enumerate(dict.fromkeys(one["sighting"].body_id for one in listed))}
    in_order = sorted(listed, key=lambda one: order[one["sighting"].body_id])
    for _, group in groupby(in_order, key=lambda one: one["sighting"].body_id):
        of_body = list(group)
        first = of_body[0]["sighting"]
        yield {"body_name": first.body_name, "division_name": first.division_name, "entries": of_body}


def _sureness(proposal: Proposal) -> str:
    """How far a proposal can be relied on, as the words name it."""
    if proposal.is_unique:
        return "unique"
    return "preferred" if proposal.is_preferred else "several" if proposal.is_complete else "many"


@cache
def _words() -> dict[Language, dict[str, str]]:
    words: dict[Language, dict[str, str]] = yaml.safe_load((FOLDER / "words.yaml").read_text(encoding="utf-8"))
    return words


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(one_line=one_line, number=number_text, url=safe_url, sureness=_sureness)
    return environment

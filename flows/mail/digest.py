"""One digest: the findings of one recipient as a mail with text, HTML and a CSV, the same input the same message."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
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
from flows.mail.plain import findings_csv, one_line, safe_url
from flows.mail.routing import CONTROL, Language, Recipient
from flows.quality.findings import Finding, SummaryCounts
from flows.quality.named_cells import Proposal
from flows.quality.proposal_words import number_text

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent
FINDINGS_SHOWN = 100
"""Findings in the text of one digest; the CSV has all."""
FINDINGS_OF_A_RULE = 5
"""Of them those of one rule and report: an aggregate that was not updated fails in every figure."""
SEVEN_BIT = SMTP.clone(cte_type="7bit")
"""Every server takes these bytes as they are, so what is sent is what is kept."""


@dataclasses.dataclass(frozen=True, slots=True)
class Digest:
    """A rendered digest. `digest_id` is the same for the same sender, recipient, findings and counts."""

    mail_from: str
    recipient: Recipient
    digest_id: str
    subject: str
    text: str
    html: str
    csv: bytes


def render(recipient: Recipient, findings: Sequence[Finding], summary: SummaryCounts, *, mail_from: str) -> Digest:
    """The digest of `findings`, which are all of this recipient, in the recipient's language.

    Raises InputError when `mail_from` is not an address.
    """
    _sender(mail_from)
    words = _words()[recipient.language]
    count = len(findings)
    shown = list(islice(_first_of_each_rule(findings), FINDINGS_SHOWN))
    context = {
        "words": words,
        "language": recipient.language,
        "subject": words["subject_found"].format(count=count) if count else words["subject_none"],
        "recipient_name": one_line(recipient.name),
        "count": count,
        "body_count": len({finding.body_id for finding in findings}),
        "bodies": list(_by_body(shown)),
        "more_count": count - len(shown),
        "summary": summary,
        "coverage": [(words.get(state, state.replace("_", " ")), n) for state, n in summary.coverage.items()],
    }
    environment = _environment()
    return Digest(
        mail_from=mail_from,
        recipient=recipient,
        digest_id=_digest_id(mail_from, recipient, findings, summary),
        subject=str(context["subject"]),
        text=environment.get_template("digest.txt.j2").render(context),
        html=environment.get_template("digest.html.j2").render(context),
        csv=findings_csv(findings),
    )


def message_id(digest: Digest) -> str:
    """Message-ID of a digest: the same digest is the same message, whenever it is rendered."""
    return f"<{digest.digest_id}@{_sender(digest.mail_from)[1].rpartition('@')[2]}>"


def as_message(digest: Digest, *, now: dt.datetime) -> EmailMessage:
    """The mail: multipart/mixed of multipart/alternative (text, HTML) and `findings.csv`."""
    name, address = _sender(digest.mail_from)
    message = EmailMessage(policy=SEVEN_BIT)
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = Address(display_name=digest.recipient.name, addr_spec=digest.recipient.address)
    message["Subject"] = digest.subject
    message["Date"] = now
    message["Message-ID"] = message_id(digest)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(digest.text)
    message.add_alternative(digest.html, subtype="html")
    message.add_attachment(
        digest.csv, maintype="text", subtype="csv", filename="findings.csv", params={"charset": "utf-8"}
    )
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


def _digest_id(mail_from: str, recipient: Recipient, findings: Sequence[Finding], summary: SummaryCounts) -> str:
    content = {
        "mail_from": mail_from,
        "address": recipient.address,
        "language": recipient.language,
        "findings": [dataclasses.asdict(finding) for finding in findings],
        "summary": dataclasses.asdict(summary),
    }
    canonical = json.dumps(content, ensure_ascii=True, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def _first_of_each_rule(findings: Sequence[Finding]) -> Iterator[Finding]:
    seen: Counter[tuple[str, int, str]] = Counter()
    for finding in findings:
        of_one = (finding.body_id, finding.report_year, finding.rule_id)
        seen[of_one] += 1
        if seen[of_one] <= FINDINGS_OF_A_RULE:
            yield finding


def _by_body(findings: Sequence[Finding]) -> Iterator[dict[str, Any]]:
    """Bodies with their findings, in the order in which they first appear."""
    order = {body_id: place for place, body_id in enumerate(dict.fromkeys(f.body_id for f in findings))}
    for _, group in groupby(sorted(findings, key=lambda f: order[f.body_id]), key=lambda f: f.body_id):
        of_body = list(group)
        yield {"body_name": of_body[0].body_name, "division_name": of_body[0].division_name, "findings": of_body}


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

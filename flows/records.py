"""What passes between stages: typed records, and the Arrow schema of each staged table.

A record is a frozen dataclass; its Arrow schema is derived from its annotations, so that Python, Parquet and the
warehouse's `raw` schema have one definition. Times are UTC with zone, counts and amounts are `Decimal`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
import typing
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

VALUE_PRECISION = 18
VALUE_SCALE = 6
"""A value is DECIMAL(18, 6): twelve digits before the point (the largest real count has seven), six after it
(收费金额 is printed with up to six). A number that does not fit is kept as text, never rounded."""


class FetchState(StrEnum):
    """What became of one request."""

    CONTENT = "content"
    NOT_MODIFIED = "not_modified"
    SHELL = "shell"
    SOFT_404 = "soft_404"
    BLOCKED_JS = "blocked_js"
    BLOCKED_CAPTCHA = "blocked_captcha"
    BLOCKED_IP = "blocked_ip"
    THROTTLED = "throttled"
    GONE = "gone"
    UNREACHABLE = "unreachable"
    TLS_FAILED = "tls_failed"
    ROBOTS_DISALLOWED = "robots_disallowed"
    OFF_HOST = "off_host"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"


REFUSALS = frozenset({FetchState.BLOCKED_JS, FetchState.BLOCKED_CAPTCHA, FetchState.BLOCKED_IP, FetchState.THROTTLED})
"""States after which a host is left alone for a day."""


class FetchRole(StrEnum):
    """Why a request was made."""

    ROBOTS = "robots"
    LIST = "list"
    HOME = "home"
    """A host's home page, with which some hosts answer for pages that are not there."""
    PAGE = "page"
    ATTACHMENT = "attachment"
    PICTURE = "picture"
    """One of the pictures that make a report together; their set is archived as an attachment."""


class CellKind(StrEnum):
    """What stands in a cell. A blank is never a zero."""

    NUMBER = "number"
    ZERO = "zero"
    BLANK = "blank"
    NOT_APPLICABLE = "not_applicable"
    TEXT = "text"
    ABSENT = "absent"


class Agreement(StrEnum):
    """What the second reading of a report says of a cell."""

    AGREED = "agreed"
    DISAGREED = "disagreed"
    ONE_READING = "one_reading"


class Verdict(StrEnum):
    """Whose fault a failed check is, as two readings of the report tell it."""

    PUBLISHER = "publisher"
    READER = "reader"
    UNDECIDED = "undecided"


class ReadState(StrEnum):
    """What became of one document."""

    READ = "read"
    NOT_A_REPORT = "not_a_report"
    NO_TABLES = "no_tables"
    NOT_YET_READ = "not_yet_read"
    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    TIMED_OUT = "timed_out"


NOT_READ = frozenset({ReadState.UNREADABLE, ReadState.UNSUPPORTED, ReadState.TOO_LARGE, ReadState.TIMED_OUT})
"""States of documents that someone should look at."""


class Outcome(StrEnum):
    """What became of one check. A missing value is never a pass."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_ASSESSABLE = "not_assessable"
    ERROR = "error"


@dataclasses.dataclass(frozen=True, slots=True)
class Portal:
    """One registered portal: where a body, or an aggregation of bodies, lists its annual reports."""

    portal_id: str
    name: str
    family: str
    column_url: str
    division_code: str
    """Six digits of GB/T 2260, or a code of the registry's own (99xxxx) for what GB/T 2260 does not list."""
    division_name: str
    level: str
    """ministry, province, city, county or township."""
    body_name: str | None
    """The body whose reports the column lists; None for an aggregation of several bodies."""
    body_kind: str
    """government or department."""
    is_verified: bool
    notes: str | None = None
    allows_legacy_tls: bool = False
    """Its host may be asked with legacy TLS where the usual terms fail."""


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One row of a portal's list, accepted or refused by the title rules."""

    portal_id: str
    entry_url: str
    title: str
    listed_on: dt.date | None
    is_accepted: bool
    title_rule: str
    """Name of the rule that accepted or refused the title."""
    list_url: str
    first_seen_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Fetch:
    """One change in what a URL answers: the first time that a (state, payload) pair was seen after another one."""

    portal_id: str
    url: str
    fetch_role: str
    entry_url: str | None
    fetch_state: str
    reason: str | None
    http_status: int | None
    tls_verification: str
    """none (plain http), verified, legacy or unverified."""
    payload_sha256: str | None
    payload_bytes: int | None
    fetched_at: dt.datetime
    warc_file: str
    warc_offset: int
    asked_before_at: dt.datetime | None = None
    """When the URL last answered what it answered before; None for the first answer of all."""


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """One archived answer that a reader looked at, and what became of it."""

    document_id: str
    """First 32 hexadecimal digits of sha-256 over URL, newline, payload sha-256."""
    reader_version: str
    portal_id: str
    entry_url: str
    url: str
    fetch_role: str
    document_format: str
    """html, pdf, docx, odt, xlsx, text, markdown, image, doc (old binary Office, WPS too), rtf or unknown."""
    payload_sha256: str
    payload_bytes: int
    fetched_at: dt.datetime
    """When this payload was first seen at this URL."""
    warc_file: str
    warc_offset: int
    read_state: str
    reason: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """One annual report as it stands in one document."""

    report_id: str
    reader_version: str
    document_id: str
    portal_id: str
    entry_url: str
    title: str
    body_id: str
    """`<division_code>:<body_name>`."""
    body_name: str
    division_code: str | None
    division_name: str | None
    level: str | None
    body_kind: str | None
    """government or department."""
    report_year: int | None
    report_year_source: str | None
    """title, stated_period, list_title, published_on (its year less one) or folder (of the address)."""
    published_on: dt.date | None
    published_on_source: str | None
    """meta, text, list or url."""
    scope: str
    """own_body, aggregate or unknown: read from the opening sentence."""
    generation: str
    """2014, 2019, 2021, mixed or unknown: read off the table heads."""
    stated_period_from: dt.date | None
    stated_period_to: dt.date | None
    notice_cited: str | None
    cells_expected: int
    cells_located: int
    leftover_count: int
    identity_doubt: str | None = None
    """Why year or division may be others or are not known; None where nothing speaks against them."""


@dataclasses.dataclass(slots=True, unsafe_hash=True)
class Cell:
    """One cell of a report; every cell of the generation has one, `absent` where the document has none.

    Never changed, as the other records; not frozen, because a report has two hundred and each would take three times
    as long to make.
    """

    report_id: str
    reader_version: str
    table_key: str
    row_key: str
    column_key: str
    generation: str
    """Generation of the table that the cell stands in."""
    cell_kind: str
    raw_text: str | None
    """Text of the cell as it stands in the document, None when absent."""
    printed: str
    """The value as printed, without remarks and marks: `4068.208`, `251000元`; empty when there is none."""
    value: Decimal | None
    """The value in the unit of the format (件, 项, 万元), None unless cell_kind is number or zero."""
    remark: str | None
    place: str | None
    """Where it stood: `page 3, table 2, row 5, cell 4`."""
    confidence: float
    """0 to 1: how well the row and the column were matched. 0 when absent."""
    row_score: float
    """Worth of its row's place in the alignment with the rows of the format: label, group and count of values."""
    row_margin: float
    """How much worse the best alignment is in which that row is another one, or none."""
    second_value: str | None
    """Text of the cell as the second reading takes it, empty for a blank; None where it cannot tell."""
    second_number: Decimal | None
    """Value of that text in the unit of the format; None where it has none."""
    agreement: str | None
    """agreed, disagreed or one_reading (the second cannot tell); None when the reader had no second."""
    doubt: str | None
    """Why the value may not be what the document has; None where nothing speaks against it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """One section of a report's text; ordinal 0 is what stands before the first heading."""

    report_id: str
    reader_version: str
    section_ordinal: int
    section_key: str
    """preamble, overview, proactive_disclosure, requests, disputes, problems, other_matters or unknown."""
    heading: str
    section_text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Leftover:
    """Something in the tables of a report that is not a cell of its generation."""

    report_id: str
    reader_version: str
    leftover_ordinal: int
    place: str
    raw_text: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """One number that a sentence of a report states, with what it says the number counts."""

    report_id: str
    reader_version: str
    claim_ordinal: int
    section_ordinal: int
    section_key: str
    sentence_ordinal: int
    """Place of the sentence in its section, from 0."""
    sentence_text: str
    """The sentence without blanks."""
    number_offset: int
    """Characters of the sentence that stand before the number, or before the word that denies."""
    verb: str
    object_key: str
    qualifier: str | None
    """Applicant (natural_person) or channel (website) that the number is limited to."""
    measure_kind: str
    """count, amount, share (of a hundred) or change (against another year)."""
    value: Decimal
    """In the stated unit, 万 multiplied out; 0 where the sentence denies (未收到)."""
    printed: str
    """The number as printed, or the word that denies."""
    unit: str
    """As printed (件, 元, %), empty for a denial."""
    is_approximate: bool
    scope: str
    """own, other_year, sub_period, several_years or other_body: what the sentence speaks of."""
    claim_year: int | None
    """Year that the sentence speaks of, None when it is not known."""
    bound_table: str | None
    """The cell that counts the same thing, None when there is none."""
    bound_row: str | None
    bound_column: str | None
    bound_reason: str | None
    """Why it is bound to no cell, or in what way the cell may count otherwise."""


@dataclasses.dataclass(frozen=True, slots=True)
class TextSignature:
    """What a report says in words, so short that it can be compared with all others."""

    report_id: str
    reader_version: str
    shingle_count: int
    """Different runs of five characters in the text, without figures, own names and what the format prescribes."""
    signature: str
    """128 characters, each six bits of one minimum of the hashed shingles."""


@dataclasses.dataclass(frozen=True, slots=True)
class TextRemark:
    """Something that the text of a report should not hold, or lacks."""

    report_id: str
    reader_version: str
    remark_ordinal: int
    remark_kind: str
    """placeholder, other_year, other_body, empty_problems or no_fee_statement."""
    section_key: str
    raw_text: str
    """The sentence, or what the section says."""


@dataclasses.dataclass(frozen=True, slots=True)
class Correction:
    """A person's decision that the second reading of a cell is right and the first one the reader's error."""

    report_id: str
    table_key: str
    row_key: str
    column_key: str
    raw_text: str
    """Of the cell as it was read then; of another text the decision says nothing."""
    read_value: Decimal | None
    value: Decimal
    """What stands in its place, in the unit of the format."""
    decided_by: str
    reason: str
    decided_at: dt.datetime
    is_withdrawn: bool


@dataclasses.dataclass(frozen=True, slots=True)
class ExpectationResult:
    """Outcome of one expectation over the marts, as of the last assessment."""

    expectation_id: str
    suite: str
    expectation_type: str
    target: str
    """Mart the expectation looks at."""
    rule_id: str | None
    severity: str
    """error or warning."""
    fault_owner: str
    """pipeline (ours: fails the run) or publisher (theirs: never does)."""
    outcome: str
    reason: str | None
    evaluated_count: int | None
    unexpected_count: int | None
    statement: str


STAGED: dict[str, type[Any]] = {
    "portal": Portal,
    "entry": Entry,
    "fetch": Fetch,
    "document": Document,
    "report": Report,
    "cell": Cell,
    "section": Section,
    "leftover": Leftover,
    "claim": Claim,
    "text_signature": TextSignature,
    "text_remark": TextRemark,
    "correction": Correction,
    "expectation_result": ExpectationResult,
}
"""Tables of a staged batch, and of the warehouse's raw schema, by name."""

KEYS: dict[str, tuple[str, ...]] = {
    "portal": ("portal_id",),
    "entry": ("portal_id", "entry_url", "title"),
    "fetch": ("portal_id", "url", "fetched_at"),
    "document": ("document_id", "reader_version"),
    "report": ("report_id", "reader_version"),
    "cell": ("report_id", "reader_version", "table_key", "row_key", "column_key"),
    "section": ("report_id", "reader_version", "section_ordinal"),
    "leftover": ("report_id", "reader_version", "leftover_ordinal"),
    "claim": ("report_id", "reader_version", "claim_ordinal"),
    "text_signature": ("report_id", "reader_version"),
    "text_remark": ("report_id", "reader_version", "remark_ordinal"),
    "correction": ("report_id", "table_key", "row_key", "column_key"),
    "expectation_result": ("expectation_id",),
}
"""What makes a row of each table the same row."""


def arrow_schema(record_type: type[Any]) -> pa.Schema:
    """Arrow schema of a record type, fields in the order of the dataclass."""
    import pyarrow as pa

    arrow_types: dict[Any, pa.DataType] = {
        str: pa.string(),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
        Decimal: pa.decimal128(VALUE_PRECISION, VALUE_SCALE),
        dt.date: pa.date32(),
        dt.datetime: pa.timestamp("us", tz="UTC"),
    }
    hints = typing.get_type_hints(record_type)
    fields = []
    for field in dataclasses.fields(record_type):
        hint = hints[field.name]
        is_optional = isinstance(hint, types.UnionType) and type(None) in hint.__args__
        if is_optional:
            hint = next(a for a in hint.__args__ if a is not type(None))
        fields.append(pa.field(field.name, arrow_types[hint], nullable=is_optional))
    return pa.schema(fields)


def as_row(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any record type
    """A record as a dictionary, fields in order (records are flat, so no deep copy is needed)."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}

"""Records as the stages before the warehouse would make them: reports whose figures balance, with chosen faults."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flows.formats import FormatCell, format_cells
from flows.records import Cell, CellKind, Claim, Document, Entry, Fetch, Portal, Report, TextSignature

READER_VERSION = "1"
APPLICANTS = (
    "natural_person",
    "business",
    "research_institution",
    "public_interest_organization",
    "legal_service",
    "other_organization",
)
START = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


def digest(*parts: object) -> str:
    """32 hexadecimal digits that name the parts."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]


def balanced(cell: FormatCell, year: int, scale: int) -> int:
    """A figure for a cell such that every balance holds, also with the years beside it.

    A natural person's request is granted `scale` times, one of any applicant partly, one natural person's is carried
    in and one carried out; a document is issued a year, and an item added.
    """
    if cell.table_key == "requests":
        columns = APPLICANTS if cell.column_key == "total" else (cell.column_key,)
        granted = scale * ("natural_person" in columns)
        counts = {
            "granted": granted,
            "partially_granted": len(columns),
            "outcome_total": granted + len(columns),
            "new_received": granted + len(columns),
            "carried_in": int("natural_person" in columns),
            "carried_out": int("natural_person" in columns),
        }
        return counts.get(cell.row_key, 0)
    if cell.table_key == "disputes":
        return {"upheld": 2, "corrected": 1, "other": 0, "pending": 1, "total": 4}[cell.column_key]
    return {"issued": 1, "in_force": year - 2000, "previous_items": year - 2000, "change": 1}.get(cell.column_key, 0)


def cells_of(
    report_id: str,
    generation: str,
    year: int,
    scale: int,
    printed: Mapping[tuple[str, str, str], str],
    second: Mapping[tuple[str, str, str], str],
) -> list[Cell]:
    """Every cell of a generation, with what `printed` says in the place of the balanced figure.

    The second reading takes the same, but for what `second` says.
    """
    cells = []
    for prescribed in format_cells(generation):
        key = (prescribed.table_key, prescribed.row_key, prescribed.column_key)
        text = printed.get(key, str(balanced(prescribed, year, scale)))
        kinds = {"": CellKind.BLANK, "/": CellKind.NOT_APPLICABLE, "0": CellKind.ZERO}
        kind = kinds.get(text, CellKind.NUMBER)
        value = Decimal(text) if kind in (CellKind.NUMBER, CellKind.ZERO) else None
        second_value = second.get(key, text)
        cells.append(
            Cell(
                *(report_id, READER_VERSION, *key, generation, kind, text),
                printed=text if value is not None else "",
                value=value,
                remark=None,
                place="table 1, row 1, cell 1",
                confidence=1.0,
                row_score=3.2,
                row_margin=2.5,
                second_value=second_value,
                second_number=Decimal(second_value) if second_value.isdigit() else None,
                agreement="agreed" if second_value == text else "disagreed",
                doubt=None if second_value == text else f"the second reading takes {second_value}",
            )
        )
    return cells


class World:
    """Portals and what was found on them."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Any]] = {
            name: [] for name in ("portal", "entry", "fetch", "document", "report", "cell")
        }

    def portal(
        self, portal_id: str, division_code: str, *, level: str, body_name: str | None = None, day: int = 0
    ) -> None:
        """A registered portal whose list answers."""
        column_url = f"http://127.0.0.1/{portal_id}/"
        self.rows["portal"].append(
            Portal(
                *(portal_id, f"Portal {portal_id}", "trs", column_url, division_code, f"Division {division_code}"),
                level=level,
                body_name=body_name,
                body_kind="government",
                is_verified=False,
            )
        )
        self.fetch(portal_id, column_url, role="list", day=day)

    def fetch(
        self,
        portal_id: str,
        url: str,
        *,
        role: str,
        state: str = "content",
        payload: str | None = None,
        entry_url: str | None = None,
        day: int = 0,
        reason: str | None = None,
        asked_before: int | None = None,
    ) -> Fetch:
        """An answer, `day` days after the first; the address was last asked on the day `asked_before`."""
        found = Fetch(
            *(portal_id, url, role, entry_url, state, reason, 200 if state == "content" else 412, "none", payload),
            payload_bytes=None if payload is None else 1000,
            fetched_at=START + dt.timedelta(days=day),
            warc_file="gongkai-1.warc.gz",
            warc_offset=1000 * len(self.rows["fetch"]),
            asked_before_at=None if asked_before is None else START + dt.timedelta(days=asked_before),
        )
        self.rows["fetch"].append(found)
        return found

    def entry(self, portal_id: str, entry_url: str, title: str, *, day: int = 0) -> None:
        """An accepted row of a portal's list."""
        first_seen_at = START + dt.timedelta(days=day)
        self.rows["entry"].append(
            Entry(portal_id, entry_url, title, None, True, "annual_report", "http://127.0.0.1/", first_seen_at)
        )

    def document(
        self,
        portal_id: str,
        url: str,
        payload: str,
        *,
        read_state: str = "read",
        reason: str | None = None,
        day: int = 0,
    ) -> Document:
        """A page that was archived and read."""
        answer = self.fetch(portal_id, url, role="page", payload=payload, entry_url=url, day=day)
        document = Document(
            *(digest(url, payload), READER_VERSION, portal_id, url, url, "page", "html", payload, 1000),
            *(answer.fetched_at, answer.warc_file, answer.warc_offset, read_state, reason),
        )
        self.rows["document"].append(document)
        return document

    def report(
        self,
        portal_id: str,
        body_name: str,
        year: int | None,
        *,
        division_code: str,
        level: str = "county",
        body_kind: str = "government",
        generation: str = "2021",
        scope: str = "aggregate",
        scale: int = 10,
        published_on: dt.date | None = None,
        printed: Mapping[tuple[str, str, str], str] | None = None,
        second: Mapping[tuple[str, str, str], str] | None = None,
        url: str | None = None,
        payload: str | None = None,
        day: int = 0,
    ) -> Report:
        """A report on a page of its own, listed, fetched and read.

        Its text is three quarters that of others of the same tens of `scale`.
        """
        url = url or f"http://127.0.0.1/{portal_id}/{division_code}-{body_name}-{year}.html"
        document = self.document(portal_id, url, payload or digest(url, scale, printed), day=day)
        title = f"{body_name}{year}年政府信息公开工作年度报告"
        self.entry(portal_id, url, title, day=day)
        report_id = digest("report", document.document_id)
        cells = cells_of(report_id, generation, year or 2024, scale, printed or {}, second or {})
        report = Report(
            *(report_id, READER_VERSION, document.document_id, portal_id, url, title),
            body_id=f"{division_code}:{body_name}",
            body_name=body_name,
            division_code=division_code,
            division_name=f"Division {division_code}",
            level=level,
            body_kind=body_kind,
            report_year=year,
            report_year_source="title" if year else None,
            published_on=published_on or (dt.date(year + 1, 1, 20) if year else None),
            published_on_source="meta",
            scope=scope,
            generation=generation,
            stated_period_from=None,
            stated_period_to=None,
            notice_cited=None,
            cells_expected=len(cells),
            cells_located=len(cells),
            leftover_count=0,
        )
        self.rows["report"].append(report)
        self.rows["cell"].extend(cells)
        # texts of one scale are like one another, but not so much that a rule speaks of it
        signature = (digest("text", scale // 10) * 3)[:80] + (digest("text", report_id) * 2)[:48]
        self.rows.setdefault("text_signature", []).append(TextSignature(report_id, READER_VERSION, 1000, signature))
        return report

    def claims(self, report: Report, stated: Sequence[tuple[str, int, str | None]]) -> None:
        """Claims of a report: the verb, the number and the row of `requests` whose total counts the same."""
        for ordinal, (verb, count, row_key) in enumerate(stated):
            self.rows.setdefault("claim", []).append(
                Claim(
                    *(
                        report.report_id,
                        READER_VERSION,
                        ordinal,
                        1,
                        "overview",
                        ordinal,
                        f"{verb}{count}件",
                        len(verb),
                    ),
                    verb=verb,
                    object_key="request",
                    qualifier=None,
                    measure_kind="count",
                    value=Decimal(count),
                    printed=str(count),
                    unit="件",
                    is_approximate=False,
                    scope="own",
                    claim_year=report.report_year,
                    bound_table="requests" if row_key else None,
                    bound_row=row_key,
                    bound_column="total" if row_key else None,
                    bound_reason=None if row_key else "the tables do not count this",
                )
            )

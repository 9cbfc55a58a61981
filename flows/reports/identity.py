"""Whose report it is, for which year, published when, and what it covers.

The document's own words decide; what the list and the registry say (`Hints`) fills gaps and settles which of two
places of the same name is meant.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Sequence

from flows.documents import Document, Paragraph
from flows.records import Section
from flows.reports.dates import main_period, periods_stated, plain, publication_date, years_in_title
from flows.reports.places import Place, find_place
from flows.reports.report_years import report_year, settle_by_date

_ABOUT = re.compile(r"(?:政府信息公开|政务公开|信息公开)")
_REPORT = re.compile(r"年度?(?:工作)?(?:情况)?(?:的)?(?:总结)?报告|年报|工作报告|情况报告|报告")
_YEAR_WORDS = re.compile(
    r"(?<!\d)20\d\d年?度?[-—–~至到、和与]+(?:20)?\d\d(?:学年|年)度?|(?<!\d)\d\d年度?|"
    r"[(（]?20\d\d\s*年?\s*(?:度|\d{1,2}月(?:\d{1,2}日)?)?[)）]?|二[〇○零O0][一二三四五六七八九〇○零]{2}年?度?"
)
_ELSEWHERE = re.compile(r">|^(?:[上下]一[篇条页]|相关|附件)")
"""A path to the page, or a line that leads to another page: the titles in it are not the document's."""
_SITE_NAME = re.compile(r"[_|]|--|[-—](?![\d—-])")
"""What stands between the title of a page and the name of its site."""
_PARTICULAR = re.compile(r"^[\u4e00-\u9fff]{2,8}:")
"""A line of the page's particulars (发布机构：...), which is no part of a title."""
_PUBLISHER = re.compile(r"^(?:发布机构|发文机关|发布单位|公开机构|发文单位):([\u4e00-\u9fff]{4,30})$")
UNNAMED = "(unnamed)"
_AROUND_BODY = re.compile(r"^(?:关于|发布|公布|印发|转发|《|“)+|(?:关于|发布|公布|的|《|本级|本部门|:|：|-|—|\s)+$")
_GOVERNMENT = re.compile(r"(?:人民政府|行政公署|管理委员会|管委会)$")
_TOWNSHIP = re.compile(r"(?:镇|乡|街道)(?:人民政府|办事处)?$|苏木(?:人民政府)?$")
_BODY_END = re.compile(
    r"(?:政府|局|委|委员会|厅|办|办公室|办公厅|院|中心|处|站|队|社|所|会|公署|部|署|司|集团|公司|大学|学院|校|分行|支行)$"
)
_NOTICE = re.compile(r"国办(?:公开办)?[函发]\s*[〔\[［(（【]\s*(20\d\d)\s*[〕\]］)）】]\s*(\d{1,3})\s*号")
_NOTICE_NAME = re.compile(r"国办(?:公开办)?[函发]")
_WHOLE_TERRITORY = re.compile(
    r"全(?:省|市|县|区|旗|州|盟)(?:各级)?(?:行政机关|各部门|各单位|政府系统)?[^。；，,;]{0,10}"
    r"(?:受理|收到|新收|共办理|共收|主动公开政府信息)"
)
_COMPILED = re.compile(
    r"各(?:县|区|市|镇|乡|街道|部门|单位)[^。；]{0,30}(?:汇总|年度报告(?:综合|编制))|汇总(?:编制|形成|而成)"
    r"|汇总[^。；]{0,20}(?:各|所属|下级|本级|全(?:省|市|县|区|旗|州|盟)|行政机关|部门|乡镇|街道)"
)
_OWN_ONLY = re.compile(
    r"(?:仅|只)(?:包括|包含|含|为|限|指|统计|反映)[^。；，,;]{0,12}(?:本级|本机关|办公室|办公厅)(?!和|及|、|与)"
    r"|(?:报告|数据)[^。；]{0,12}不(?:包括|包含|含)[^。；]{0,12}(?:部门|乡镇|街道|下级|所属)"
)
_LEADING_LINES = 10
_LONGEST_TITLE = 90
_OPENING = 1500
"""Characters of preamble and overview that are searched for what the report covers."""


@dataclasses.dataclass(frozen=True, slots=True)
class Hints:
    """What is known about a document before it is read: from the list it was found on and from the registry."""

    portal_id: str | None = None
    entry_url: str | None = None
    list_title: str | None = None
    listed_on: dt.date | None = None
    body_name: str | None = None
    division_code: str | None = None
    division_name: str | None = None
    level: str | None = None
    body_kind: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """The fields of `records.Report` that say what report it is."""

    title: str
    body_name: str
    body_id: str
    division_code: str | None
    division_name: str | None
    level: str | None
    body_kind: str | None
    report_year: int | None
    report_year_source: str | None
    published_on: dt.date | None
    published_on_source: str | None
    scope: str
    stated_period_from: dt.date | None
    stated_period_to: dt.date | None
    notice_cited: str | None
    identity_doubt: str | None


def identify(document: Document, sections: Sequence[Section], hints: Hints, document_id: str = "") -> Identity:
    """Identity of the report in a document."""
    lines = [plain(block.text) for block in document.blocks if isinstance(block, Paragraph)]
    leading = _leading_lines(document)
    title = report_title(document, leading)
    listed = plain(hints.list_title or "")
    said = body_in_title(title) or hints.body_name or body_in_title(listed)
    body = said or _publisher(document, lines)
    site_code = document.metadata.get("siteidcode", "")
    place = find_place(body, hints.division_code, hints.division_name, hints.level, site_code)
    body_name = _full_name(body, place)
    kind = _body_kind(body_name, hints)
    level = "township" if _TOWNSHIP.search(body_name) else place.level
    periods = periods_stated(lines)
    period = main_period(periods)
    url = hints.entry_url
    any_date, any_source = publication_date(document, lines, hints.listed_on, url, None)
    if any_source == "url":  # an address may date from a migration
        any_date = None
    others = [text for text in _titles(document, leading) if text != title and body_in_title(text) in {"", body}]
    year = report_year(title, periods, listed, any_date.year - 1 if any_date else None, others)
    published_on, published_source = publication_date(document, lines, hints.listed_on, url, year.year)
    year = settle_by_date(year, any_date if published_source in {None, "url"} else published_on, url)
    return Identity(
        title=title or listed or plain(document.title) or "(untitled)",
        body_name=body_name,
        body_id=_body_id(place, body_name, document_id, hints),
        division_code=place.division_code,
        division_name=place.division_name,
        level=level,
        body_kind=kind,
        report_year=year.year,
        report_year_source=year.source,
        published_on=published_on,
        published_on_source=published_source,
        scope=_scope(sections, kind, level),
        stated_period_from=period[0] if period else None,
        stated_period_to=period[1] if period else None,
        notice_cited=_notice("".join(block.text for block in document.blocks if isinstance(block, Paragraph))),
        identity_doubt=" ".join(filter(None, [year.doubt, place.doubt, None if said else _body_doubt(body)])) or None,
    )


def _body_doubt(body: str) -> str:
    named = "nothing else does" if body == UNNAMED else f"{body} is said to have published it"
    return f"Its title names no body; {named}."


def _body_id(place: Place, body_name: str, document_id: str, hints: Hints) -> str:
    """`<division_code>:<body_name>`. Two bodies of which the division or the name is not known must not pass for one,
    so that what is known of where they were found stands behind the name."""
    if body_name == UNNAMED:
        return f"unknown:{UNNAMED} {document_id}".rstrip()
    if place.division_code is None and hints.portal_id:
        return f"unknown:{body_name} ({hints.portal_id})"
    return f"{place.division_code or 'unknown'}:{body_name}"


def report_title(document: Document, lines: Sequence[str]) -> str:
    """The first title that says most: with subject, year and body. A line of the document goes before several put
    together, and the title that the document states for itself before all; what is shorter is no better.

    `lines` are those of its head. Empty when nothing in the document is the title of a report.
    """
    stated = plain(document.title)
    candidates = [_SITE_NAME.split(stated)[0], stated, *lines]
    for length in (2, 3):
        candidates += ["".join(lines[start : start + length]) for start in range(len(lines) - length + 1)]
    titles = [text for text in candidates if text and len(text) <= _LONGEST_TITLE and "。" not in text]
    best = max(titles, key=_says, default="")
    return best if best and _says(best)[0] else ""


def _leading_lines(document: Document) -> list[str]:
    texts = [block.text for block in document.blocks[:_LEADING_LINES] if isinstance(block, Paragraph)]
    return [
        line for line in map(plain, texts) if line and not _ELSEWHERE.search(line) and not _PARTICULAR.match(line)
    ]


def _titles(document: Document, leading: Sequence[str]) -> list[str]:
    """Every title of a report that the document has: the one that it states for itself, and lines of its head."""
    lines = [plain(document.title), *leading]
    return [line for line in lines if len(line) <= _LONGEST_TITLE and "。" not in line and _says(line)[0]]


def _says(title: str) -> tuple[bool, bool, bool]:
    about = _ABOUT.search(title) is not None and _REPORT.search(title) is not None
    return about, about and bool(years_in_title(title)), about and bool(body_in_title(title))


def body_in_title(title: str) -> str:
    """The body that a title names, empty when it names none.

    `淮安市2024年政府信息公开工作年度报告` names 淮安市: what stands before the subject, or behind it if nothing does.
    """
    text = plain(title)
    match = _ABOUT.search(text)
    if match is None:
        return ""
    before = _trim(_YEAR_WORDS.sub("", text[: match.start()]))
    if before.endswith("人民") or (match.group() == "信息公开" and before.endswith("人民政府")):
        before = before.removesuffix("政府") + "政府"  # ...人民政府信息公开...
    return before if len(before) >= 2 else ""


def _trim(text: str) -> str:
    trimmed = text
    while (shorter := _AROUND_BODY.sub("", trimmed)) != trimmed:
        trimmed = shorter
    return trimmed


def _publisher(document: Document, lines: Sequence[str]) -> str:
    """The body that the page's own particulars name, or a line of its own among the first or last lines."""
    for name in ("发布机构", "发文机关", "发布单位", "公开机构", "contentsource"):
        stated = plain(document.metadata.get(name, ""))
        if len(stated) >= 4 and _BODY_END.search(stated):
            return stated
    for line in lines[:_LEADING_LINES]:
        match = _PUBLISHER.match(line)
        if match and _BODY_END.search(match.group(1)):
            return match.group(1)
    for line in [*lines[:_LEADING_LINES], *reversed(lines[-6:])]:
        if 4 <= len(line) <= 30 and _BODY_END.search(line) and ":" not in line and not _ABOUT.search(line):
            return line
    return UNNAMED


def _full_name(body: str, place: Place) -> str:
    """One name for one body: with its own division and none of those above it, a place alone as its government."""
    rest = body[len(place.printed) :]
    own = place.division_name or place.printed
    if place.printed:
        return f"{own}人民政府" if rest in {"", "政府"} else f"{own}{_whole_township(rest)}"
    body = _whole_township(body)
    if own and own[-1] in "省市县区旗州盟" and body[0] == own[-1] and not body.startswith(("市场", "市政", "县域")):
        return f"{own}{body[1:]}"  # 市教育局 of the hinted 宿迁市
    return body


def _whole_township(name: str) -> str:
    """样本镇 and 样本镇人民政府 are one body, as are 样本街道 and 样本街道办事处."""
    if name.endswith(("镇", "乡")):
        return f"{name}人民政府"
    return f"{name}办事处" if name.endswith("街道") else name


def _body_kind(body_name: str, hints: Hints) -> str | None:
    if _GOVERNMENT.search(body_name) or _TOWNSHIP.search(body_name):
        return "government"
    if _BODY_END.search(body_name):
        return "department"
    return hints.body_kind if hints.body_name == body_name else None


def _scope(sections: Sequence[Section], body_kind: str | None, level: str | None) -> str:
    """Whether a report counts its own body or the whole territory, by its opening: the preamble and the overview.

    Departments and townships report on themselves unless they say that they put several reports together; a
    government from the county upwards may do either, and its opening must say which.
    Source of the difference: 政府信息公开条例, article 49.
    """
    opening = "".join(s.section_text for s in sections if s.section_key in {"preamble", "overview"})
    text = re.sub(r"\s+", "", opening)[:_OPENING]
    if body_kind == "department" or level == "township":
        return "aggregate" if _COMPILED.search(text) else "own_body"
    if body_kind != "government":
        return "unknown"
    if _OWN_ONLY.search(text):
        return "own_body"
    return "aggregate" if _COMPILED.search(text) or _WHOLE_TERRITORY.search(text) else "unknown"


def _notice(text: str) -> str | None:
    match = _NOTICE.search(re.sub(r"\s+", "", text))
    if match is None:
        return None
    name = _NOTICE_NAME.match(match.group())
    assert name is not None  # the notice begins with its name
    return f"{name.group()}〔{match.group(1)}〕{int(match.group(2))}号"

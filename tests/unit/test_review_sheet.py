"""The review sheet: findings with their cells and proposals, and nothing in it that a draft could have put there."""

from __future__ import annotations

import dataclasses
import html
import io
import re
from pathlib import Path

import pytest
from lxml import etree

from flows.checked_file import CheckedFile, judged
from flows.children import ChildFile, ChildState
from flows.errors import InputError
from flows.quality.conditions import OF_THE_ARCHIVE
from flows.quality.models import macro
from flows.review.blocks import Mark, Paragraph, Picture, Table, shown
from flows.review.contents import Review, blocks_of
from flows.review.html import as_html
from flows.review.word import as_docx
from flows.review.words import instance_label, told, words_of
from flows.review_sheet import refuse_unwritable, review_of
from tests.unit.draft_folder import TOTAL, scaled
from tests.unit.reports_builder import made_up_figures, page_of, read, three_tables

HOSTILE = "<script>alert(1)</script>"
STEERING = "\x1b[2J\u202e{words}%s"


def checked_page(
    figures: dict[tuple[str, str, str], str], title: str = "宿迁市2024年政府信息公开工作年度报告"
) -> CheckedFile:
    return judged(read(page_of(three_tables("2021", figures), title=html.escape(title))))


def review(checked: CheckedFile, file: str = "draft.docx", picture: bytes | None = None) -> Review:
    return review_of(file, checked, last_year_source=None, picture=picture)


@pytest.fixture(scope="module")
def wrong() -> Review:
    """One total is 99 where the balances would have 1."""
    return review(checked_page(made_up_figures("2021") | {TOTAL: "99"}))


def test_a_finding_shows_its_cells_and_what_to_write_instead(wrong: Review) -> None:
    blocks = blocks_of(wrong, "zh")
    headings = [block.text for block in blocks if hasattr(block, "level") and block.level == 3]
    assert headings[:2] == ["1. B01 · 错误 · 三、本年度办理结果 （一）予以公开", "2. B02 · 错误 · 总计"]
    first = blocks[blocks.index(next(b for b in blocks if getattr(b, "text", "") == headings[0])) :]
    told_of = [block for block in first[:8] if isinstance(block, Paragraph)]
    assert told_of[1].text == (
        "按 自然人 + 商业企业 + 科研机构 + 社会公益组织 + 法律服务机构 + 其他 = 总计，"
        "所印为 1 + 0 + 0 + 0 + 0 + 0 = 99，左边减右边差 -98。"
    )
    excerpt, proposals = [block for block in first[:8] if isinstance(block, Table)]
    assert [cell.text for cell in excerpt.rows[1]][1:] == ["1", "0", "0", "0", "0", "0", "99"]
    assert [cell.mark for cell in excerpt.rows[1]] == [Mark.HEAD, *[Mark.CHECKED] * 6, Mark.SUSPECT]
    (_, proposal) = proposals.rows
    assert [cell.text for cell in proposal] == [
        *("1", "三、本年度办理结果 （一）予以公开 · 总计", "99", "1", "两次读取均为所印数字")
    ]
    assert [block.text for block in told_of[2:]] == [
        words_of("zh")["sure"],
        words_of("zh")["verdicts"]["publisher"],
        "核对所列各格与总计，更正错误的一格。",
    ]


def test_the_tables_name_the_findings_at_their_cells(wrong: Review) -> None:
    cells = [
        cell for block in blocks_of(wrong, "zh") if isinstance(block, Table) for row in block.rows for cell in row
    ]
    assert [cell.mark for cell in cells if cell.text == "99 [1,2]"] == [Mark.SUSPECT]
    assert sum(cell.mark == Mark.CHECKED and "[" in cell.text for cell in cells) == 6 + 21


def test_what_was_not_assessed_stands_there_with_its_reason(wrong: Review) -> None:
    rows = [
        [cell.text for cell in row]
        for block in blocks_of(wrong, "zh")
        if isinstance(block, Table)
        for row in block.rows
    ]
    y01 = next(row for row in rows if row[0] == "Y01" and len(row) == 4)
    assert y01[2].startswith("自然人；商业企业") and y01[2].endswith("等 7 处") and y01[3] == "没有上年报告"
    reasons = {row[0]: row[2] for row in rows if len(row) == 3}
    assert (reasons["X01"], reasons["A05"], reasons["M04"], reasons["N02"]) == (
        *("没有给出下级报告", "须与其他机关的报告比较", "要公布以后才能核对"),
        "本报告不涉及",
    )
    told_of = {row[0] for row in rows if re.fullmatch(r"[A-Z]\d\d", row[0])}
    findings = {finding.rule_id for finding in wrong.findings}
    assert told_of.isdisjoint(findings - {"B01", "B02", "Y01"}) and len(told_of) > 20


LATIN = re.compile(r"[A-Za-z]{3,}")
OWN = {"draft", "docx", "gongkai", "sha", "children", "complete"}
"""Names of files and options, which stay as they are."""


def test_a_chinese_sheet_is_chinese_and_an_english_one_has_the_same_findings() -> None:
    figures = scaled(4) | {
        TOTAL: "",
        ("requests", "granted", "business"): "/",
        ("requests", "carried_in", "total"): "x",
    }
    checked = checked_page(figures)
    one = ChildFile(
        "a.docx", ChildState.NOT_SUMMED, "scope of the report unknown", "321300:宿迁市教育局", "宿迁市教育局"
    )
    below = review(dataclasses.replace(checked, children=[one]))
    text = text_of(as_html(blocks_of(below, "zh"), title="核对单", language="zh"))
    assert set(LATIN.findall(text)) - {"d" * 32} <= OWN
    english = blocks_of(below, "en")
    assert [len(block.rows) for block in english if isinstance(block, Table)] == [
        len(block.rows) for block in blocks_of(below, "zh") if isinstance(block, Table)
    ]
    assert set(words_of("en")) == set(words_of("zh"))


def text_of(page: bytes) -> str:
    body = page.decode().split("<body>")[1]
    return html.unescape(re.sub(r"<[^>]*>", " ", body))


@pytest.mark.parametrize(
    ("said", "chinese"),
    [
        ("no report of the year before, 2 cells blank", "没有上年报告，2 个单元格空白"),
        ("not known: requests_content, carried_out", "未知：申请表, 结转下年度"),
        ("1 of 2 reports missing or without a value", "应有 2 份，缺 1 份或没有数值"),
        ("page 3, table 2, row 5, cell 4", "第 3 页，第 2 表，第 5 行，第 4 格"),
        ("the same as a \\1, b.docx", "与 a \\1, b.docx 相同"),
        ("", ""),
    ],
)
def test_reasons_are_told_in_chinese(said: str, chinese: str) -> None:
    assert told(said, "zh") == chinese
    assert told(said, "en") == said


def test_an_instance_is_called_by_its_label() -> None:
    assert instance_label("granted/total") == "三、本年度办理结果 （一）予以公开 · 总计"
    assert instance_label("reconsideration/total") == "行政复议 · 总计"
    assert instance_label("report") == "整份报告" and instance_label("something/else") == "something/else"


def hostile() -> Review:
    key = ("requests", "granted", "natural_person")
    figures = made_up_figures("2021") | {key: HOSTILE + STEERING, TOTAL: "99"}
    return review(checked_page(figures, f"{HOSTILE}宿迁市2024年政府信息公开工作年度报告"), f"{HOSTILE}.docx")


def test_nothing_of_a_draft_becomes_part_of_the_page() -> None:
    page = as_html(blocks_of(hostile(), "zh"), title="核对单", language="zh").decode()
    assert "<script" not in page.lower() and "&lt;script&gt;alert(1)" in page
    assert "default-src 'none'" in page and "{words}%s" in page
    assert not any(character in page for character in "\x1b\u202e")
    assert not re.findall(r"(?:href|src|action)=\"(?!data:image/png)", page)


def test_nothing_of_a_draft_becomes_part_of_the_document() -> None:
    import zipfile

    import docx

    written = as_docx(blocks_of(hostile(), "zh"), title="核对单")
    document = docx.Document(io.BytesIO(written))
    texts = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert f"{HOSTILE}.docx" in texts and any(text.startswith(f"{HOSTILE} [2J") for text in texts)
    with zipfile.ZipFile(io.BytesIO(written)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    body = etree.fromstring(parts["word/document.xml"])
    kinds = {etree.QName(element).localname for element in body.iter()}
    assert kinds.isdisjoint({"script", "hyperlink", "fldSimple", "instrText", "object", "altChunk"})
    assert b'TargetMode="External"' not in b"".join(parts[name] for name in parts if name.endswith(".rels"))


def test_cells_are_shaded_and_framed_in_the_document(wrong: Review) -> None:
    import docx

    document = docx.Document(io.BytesIO(as_docx(blocks_of(wrong, "zh"), title="核对单")))
    suspects = [
        cell.text
        for table in document.tables
        for row in table.rows
        for cell in row.cells
        if "C62828" in cell._tc.xml and "FDE3E1" in cell._tc.xml
    ]
    assert suspects == ["99", "99", "99", "99", "99 [1,2]"], "two excerpts with their proposals, and the table"


def test_a_long_picture_is_cut_into_pages() -> None:
    import docx
    from PIL import Image

    written = io.BytesIO()
    Image.new("RGB", (100, 300), "white").save(written, "PNG")
    picture = Picture(written.getvalue(), "页面")
    document = docx.Document(io.BytesIO(as_docx([picture], title="核对单")))
    assert [round(shape.height / shape.width, 2) for shape in document.inline_shapes] == [1.35, 1.35, 0.3]
    assert b"data:image/png;base64,iVBOR" in as_html([picture], title="核对单", language="zh")


def test_a_text_of_a_sheet_is_one_line_and_not_too_long() -> None:
    assert shown("a\n b\x00\ufffec\ud800d") == "a b c d"
    assert len(shown("字" * 10_000)) == 600


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("out.pdf", "name it so: .*out.docx"),
        ("no/out.docx", "There is no folder"),
        ("draft.docx", "a name of its own"),
    ],
)
def test_a_place_where_no_sheet_can_be_is_refused(tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        refuse_unwritable(tmp_path / name, (tmp_path / "draft.docx", None))


def test_every_fact_that_a_rule_may_miss_has_a_chinese_name() -> None:
    for _, _, needs, *_ in macro("rule_conditions"):
        named = told(f"not known: {', '.join(needs)}", "zh")
        archived = {fact for fact in needs if fact in OF_THE_ARCHIVE}
        assert set(re.findall(r"[a-z_]{3,}", named)) <= archived, named

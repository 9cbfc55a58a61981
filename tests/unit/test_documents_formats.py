"""From bytes to blocks: every format, its traps, and what is refused in one sentence."""

from __future__ import annotations

import io
import zipfile

import pytest

from flows.documents import Document, Grid, Limits, Paragraph, UnreadableDocument, read_document
from flows.documents.encoding import decode
from flows.records import ReadState


def document(payload: bytes | str, limits: Limits | None = None, **more: str) -> Document:
    return read_document(payload.encode() if isinstance(payload, str) else payload, limits or Limits(), **more)


def paragraphs(read: Document) -> list[str]:
    return [block.text for block in read.blocks if isinstance(block, Paragraph)]


def grids(read: Document) -> list[list[list[str]]]:
    return [[[cell.text for cell in row] for row in block.rows] for block in read.blocks if isinstance(block, Grid)]


def refused(payload: bytes, limits: Limits | None = None) -> UnreadableDocument:
    with pytest.raises(UnreadableDocument) as caught:
        document(payload, limits)
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence and "Traceback" not in sentence
    return caught.value


# text and markdown


def test_text_with_tabs_goes_on_over_an_empty_line() -> None:
    read = document("标题\n甲\t1\n\n乙\t2\n正文\n丙\t3")
    assert read.document_format == "text" and read.title == "标题"
    assert grids(read) == [[["甲", "1"], ["乙", "2"]], [["丙", "3"]]]
    assert paragraphs(read) == ["标题", "正文"]


def test_markdown_tables_and_headings() -> None:
    read = document("# 标题\n\n| 甲 | 乙 |\n|---|:--:|\n| 1 | |\n| - | - |\n\n| 丙 |\n|---|\n| 2 |\n")
    assert read.document_format == "markdown" and paragraphs(read) == ["标题"]
    assert grids(read) == [[["甲", "乙"], ["1", ""], ["-", "-"]], [["丙"], ["2"]]]


# html


def test_html_pasted_from_word() -> None:
    cell = "<td><p><span>2</span><span>6</span><o:p></o:p></p></td>"
    read = document(
        f"<html><body><p><b><font>年<b><font>报</p><table><tr>{cell}<td>商业<br>企业</td></tr></table></body></html>"
    )
    assert paragraphs(read) == ["年报"]
    assert grids(read) == [[["26", "商业\n企业"]]]


def test_inline_tags_left_open_hundreds_deep() -> None:
    read = document("<html><body>" + "<span><b>" * 900 + "深<table><tr><td>1</td></tr></table></body></html>")
    assert (paragraphs(read), grids(read)) == (["深"], [[["1"]]])


def test_cells_step_aside_for_those_that_reach_down() -> None:
    page = "<table><tr><td rowspan=2>a</td><td colspan=2>b</td></tr><tr><td>c</td><td>d</td></tr></table>"
    (grid,) = (block for block in document(page).blocks if isinstance(block, Grid))
    assert [[(cell.text, cell.column_index) for cell in row] for row in grid.rows] == [
        [("a", 0), ("b", 1)],
        [("c", 1), ("d", 2)],
    ]
    assert grid.rows[1][1].place == "table 1, row 2, cell 2"


def test_a_table_that_arranges_the_page_is_no_grid() -> None:
    inner = "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>"
    read = document(f"<html><body><table><tr><td>导航</td><td><p>正文</p>{inner}</td></tr></table></body></html>")
    assert grids(read) == [[["1", "2"], ["3", "4"]]]
    assert paragraphs(read) == ["导航", "正文"]


def test_the_article_is_read_and_the_particulars_beside_it_are_kept() -> None:
    cells = "<tr><td>甲</td><td>1</td></tr>" * 20
    page = (
        "<html><head><title>网站</title><meta name='PubDate' content='2024-01-02'></head><body>"
        "<table><tr><td>发布机构</td><td>样本县教育局</td></tr></table><div>导航</div><ucaptitle>年报</ucaptitle>"
        f"<ucapcontent><p>正文</p><table>{cells}</table></ucapcontent><script>var x = '脚本';</script></body></html>"
    )
    read = document(page)
    assert (read.title, paragraphs(read)) == ("年报", ["正文"])
    assert (read.metadata["pubdate"], read.metadata["发布机构"]) == ("2024-01-02", "样本县教育局")


def test_links_are_made_absolute() -> None:
    page = "<html><body><a href='./P1.pdf'>附件</a><a href='javascript:x()'>x</a><a href='http://[bad'>y</a></body></html>"
    read = document(page, url="https://example.org/a/b.html")
    assert [(link.url, link.text) for link in read.links] == [
        ("https://example.org/a/P1.pdf", "附件"),
        ("http://[bad", "y"),
    ]


def test_stated_spans_beyond_reason_are_bounded() -> None:
    (grid,) = (
        b
        for b in document("<table><tr><td colspan=99999 rowspan=-3>a</td><td>b</td></tr></table>").blocks
        if isinstance(b, Grid)
    )
    assert [(cell.colspan, cell.rowspan) for cell in grid.rows[0]] == [(100, 1), (1, 1)]


# encodings


@pytest.mark.parametrize(
    ("payload", "content_type"),
    [
        ("政府信息公开年报".encode("gb18030"), None),
        ("<meta charset=gb2312>镕政府信息公开年报".encode("gb18030"), None),
        ("政府信息公开年报".encode("gb18030"), "text/html; charset=GBK"),
        ("政府信息公开年报".encode(), None),
        ("政府信息公开年报".encode("utf-8-sig"), "text/html; charset=gbk"),
        ("政府信息公开年报".encode("utf-16"), None),
        (("<meta charset='gb2312'>" + "政府信息公开年报" * 20).encode(), None),
        ("政府信息公开年报".encode(), "text/html; charset=no-such"),
    ],
)
def test_encodings(payload: bytes, content_type: str | None) -> None:
    assert "政府信息公开年报" in decode(payload, content_type)


# docx


def docx_bytes() -> bytes:
    import docx

    made = docx.Document()
    made.add_paragraph("一、总体情况")
    table = made.add_table(3, 3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "横"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "竖"
    table.cell(2, 2).text = "5"
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def test_a_merged_cell_of_word_is_one_cell() -> None:
    read = document(docx_bytes())
    assert read.document_format == "docx" and paragraphs(read) == ["一、总体情况"]
    (grid,) = (block for block in read.blocks if isinstance(block, Grid))
    assert [[(c.text, c.column_index, c.colspan, c.rowspan) for c in row if c.text] for row in grid.rows] == [
        [("横", 0, 2, 1)], [("竖", 0, 1, 2)], [("5", 2, 1, 1)],
    ]  # fmt: skip


def rewritten(payload: bytes, changes: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(payload)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            new.writestr(name, changes.get(name) or old.read(name))
    return target.getvalue()


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = rewritten(docx_bytes(), {"word/media/x.bin": bytes(32 * 1024 * 1024)})
    assert len(bomb) < 1024 * 1024
    error = refused(bomb)
    assert error.read_state == ReadState.TOO_LARGE and "zip bomb" in str(error)


def test_a_package_with_thousands_of_parts_is_refused() -> None:
    assert refused(rewritten(docx_bytes(), {f"x/{n}": b"x" for n in range(3001)})).read_state == ReadState.TOO_LARGE


def test_external_entities_are_not_followed(tmp_path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("geheim")
    with zipfile.ZipFile(io.BytesIO(docx_bytes())) as package:
        body = package.read("word/document.xml").decode()
    head, rest = body.split("?>", 1)
    hostile = f'{head}?><!DOCTYPE d [<!ENTITY x SYSTEM "file://{secret}">]>' + rest.replace("总体情况", "&x;")
    payload = rewritten(docx_bytes(), {"word/document.xml": hostile.encode()})
    try:
        text = "".join(paragraphs(document(payload)))
    except UnreadableDocument:
        text = ""
    assert "geheim" not in text


# what is refused


@pytest.mark.parametrize(
    ("payload", "state", "word"),
    [
        (b"", ReadState.UNREADABLE, "empty"),
        (b" \n\t ", ReadState.UNREADABLE, "empty"),
        (b"PK\x03\x04 cut off", ReadState.UNREADABLE, "cut off"),
        (docx_bytes()[:3000], ReadState.UNREADABLE, "cut off"),
        (rewritten(docx_bytes(), {"word/document.xml": b"<broken"}), ReadState.UNREADABLE, "broken"),
        (b"%PDF-1.7\n%cut off", ReadState.UNREADABLE, "cut off"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), ReadState.UNREADABLE, "picture is broken"),
        (b"Rar!\x1a\x07\x00" + bytes(100), ReadState.UNSUPPORTED, "rar"),
        (b"\x01\x02\x00\x03", ReadState.UNSUPPORTED, "binary"),
    ],
)
def test_refusals_name_what_it_is(payload: bytes, state: ReadState, word: str) -> None:
    error = refused(payload)
    assert error.read_state == state and word in str(error)


def test_sizes_at_and_beyond_the_limit() -> None:
    table = b"<table>" + b"<tr><td>1</td><td>2</td></tr>" * 5 + b"</table>"
    assert len(grids(document(table, Limits(document_bytes=len(table), document_cells=10)))[0]) == 5
    assert refused(table, Limits(document_bytes=len(table) - 1)).read_state == ReadState.TOO_LARGE
    assert refused(table, Limits(document_cells=9)).read_state == ReadState.TOO_LARGE
    assert refused(b"a\tb\tc", Limits(document_cells=2)).read_state == ReadState.TOO_LARGE
    assert refused(docx_bytes(), Limits(document_cells=2)).read_state == ReadState.TOO_LARGE


def test_nesting_beyond_reason_is_refused_before_it_is_parsed() -> None:
    deep = b"<html><body>" + b"<div>" * 50
    assert document(deep + b"x", Limits(nesting=50)).blocks
    assert refused(deep + b"<div>x", Limits(nesting=50)).read_state == ReadState.TOO_LARGE


@pytest.mark.parametrize(
    "payload",
    [
        b"<html><body>" + b"".join(b"<p><font color=%d>x" % number for number in range(1900)),
        b"<html><body>" + b"<table><tr><td>" * 2001 + b"5",
        b"<html><body><table>" + b"<tr><td rowspan=999>1</td><td rowspan=999>1</td></tr>" * 501 + b"</table>",
        b"<html><body><p>" + b"<br>" * 1_000_001,
    ],
)
def test_pages_that_would_take_minutes_are_refused(payload: bytes) -> None:
    assert refused(payload).read_state == ReadState.TOO_LARGE


def test_paragraphs_at_and_beyond_the_limit() -> None:
    import docx

    made, target = docx.Document(), io.BytesIO()
    for word in "甲乙丙":
        made.add_paragraph(word)
    made.save(target)
    for payload in (b"<p>a</p><p>b<br>c</p>", "甲\n乙\n丙".encode(), target.getvalue()):
        assert len(document(payload, Limits(document_paragraphs=3)).blocks) == 3
        assert refused(payload, Limits(document_paragraphs=2)).read_state == ReadState.TOO_LARGE


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("10<sup>1</sup>", "10[1]"),
        ("<del>9</del>6", "6"),
        ("<s>9</s><strike>8</strike>6", "6"),
        ("<span style='display: none'>9</span>6", "6"),
        ("<span style='mso-hide:all'>9</span><span hidden>8</span>6", "6"),
        ("<span style='color:red;text-decoration:line-through'>9</span>6", "6"),
    ],
)
def test_text_that_is_hidden_struck_or_raised_is_no_digit_of_a_figure(cell: str, text: str) -> None:
    assert grids(document(f"<html><body><table><tr><td>{cell}</td><td>2</td></tr></table></body></html>")) == [
        [[text, "2"]]
    ]


def test_hidden_tables_rows_and_cells_are_not_there() -> None:
    hidden = "<div style='display:none'><table><tr><td>1</td></tr></table></div>"
    rows = "<tr hidden><td>1</td></tr><tr><td style='DISPLAY:NONE'>1</td><td>2</td></tr>"
    assert grids(document(f"<html><body>{hidden}<table>{rows}</table></body></html>")) == [[["2"]]]


def test_text_of_word_that_is_hidden_struck_moved_or_raised() -> None:
    import docx
    from docx.oxml import OxmlElement

    made = docx.Document()
    table = made.add_table(6, 1)
    runs = []
    for row in table.rows:
        row.cells[0].paragraphs[0].add_run("6")
        runs.append(row.cells[0].paragraphs[0].add_run("9"))
    runs[0].font.hidden = True
    runs[1].font.strike = True
    runs[2].font.double_strike = True
    runs[3].font.superscript = True
    moved = OxmlElement("w:moveFrom")
    table.cell(4, 0).paragraphs[0]._p.append(moved)
    moved.append(runs[4]._r)
    runs[5].font.strike = False
    target = io.BytesIO()
    made.save(target)
    assert grids(document(target.getvalue())) == [[["6"], ["6"], ["6"], ["6[9]"], ["6"], ["69"]]]


def test_a_file_is_told_by_its_bytes_not_by_its_declared_type() -> None:
    assert document(docx_bytes(), content_type="text/html").document_format == "docx"
    assert document("只有文字", content_type="application/pdf").document_format == "text"


@pytest.mark.parametrize(
    "charset", ["punycode", "unicode_escape", "raw_unicode_escape", "utf-7", "idna", "undefined"]
)
def test_an_encoding_that_no_page_is_written_in_is_passed_over(charset: str) -> None:
    page = f"<html><meta charset={charset}><p>总体情况 \\ud800 +2AA-</p>"
    assert paragraphs(document(page.encode("gb18030"))) == ["总体情况 \\ud800 +2AA-"]


def test_more_text_than_any_report_has_is_refused() -> None:
    for payload in ("总计\n" * 10, "<html><p>" + "总计" * 10):
        assert document(payload, Limits(characters=30)).blocks
        assert refused(payload.encode(), Limits(characters=19)).read_state == ReadState.TOO_LARGE


def test_a_table_of_thousands_of_columns_is_refused() -> None:
    row = b'<tr><td colspan="99999" rowspan="99999">1</td></tr>'
    assert len(grids(document(b"<table>" + row * 10 + b"</table>"))[0]) == 10
    assert refused(b"<table>" + row * 11 + b"</table>").read_state == ReadState.TOO_LARGE

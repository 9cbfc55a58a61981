"""Office packages and archives: odt, xlsx, zip, and what goes through LibreOffice."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile

import pytest

from flows.documents import Document, Grid, Limits, Paragraph, UnreadableDocument, read_document
from flows.records import ReadState
from tests.unit.test_documents_formats import docx_bytes, grids, paragraphs, refused, rewritten


def document(payload: bytes, limits: Limits | None = None) -> Document:
    return read_document(payload, limits or Limits())


def cells(read: Document) -> list[list[tuple[str, int, int, int]]]:
    return [
        [(c.text, c.column_index, c.colspan, c.rowspan) for c in row if c.text]
        for block in read.blocks
        if isinstance(block, Grid)
        for row in block.rows
    ]


# odt

ODT_BODY = """<text:p>一、总体<text:span>情况</text:span><text:tab/>甲<text:s text:c="3"/>乙</text:p>
<text:tracked-changes><text:changed-region><text:deletion><text:p>已删除</text:p></text:deletion>
</text:changed-region></text:tracked-changes>
<text:list><text:list-item><text:p>条目</text:p></text:list-item></text:list>
<table:table><table:table-header-rows><table:table-row>
<table:table-cell table:number-columns-spanned="2"><text:p>横</text:p></table:table-cell><table:covered-table-cell/>
<table:table-cell><text:p>3</text:p></table:table-cell></table:table-row></table:table-header-rows>
<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>竖</text:p></table:table-cell>
<table:table-cell table:number-columns-repeated="2"><text:p>0</text:p></table:table-cell></table:table-row>
<table:table-row><table:covered-table-cell/><table:table-cell/><table:table-cell><text:p>5</text:p>
<text:p>件</text:p></table:table-cell></table:table-row></table:table>"""


def odt_bytes(body: str = ODT_BODY, head: str = "") -> bytes:
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
    )
    content = (
        f'<?xml version="1.0"?>{head}<office:document-content{names}><office:body><office:text>{body}'
        "</office:text></office:body></office:document-content>"
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.text", zipfile.ZIP_STORED)
        package.writestr("content.xml", content)
    return target.getvalue()


def test_an_odt_has_paragraphs_and_spans() -> None:
    read = document(odt_bytes())
    assert read.document_format == "odt"
    assert paragraphs(read) == ["一、总体情况 甲 乙", "条目"]
    assert cells(read) == [
        [("横", 0, 2, 1), ("3", 2, 1, 1)], [("竖", 0, 1, 2), ("0", 1, 1, 1), ("0", 2, 1, 1)], [("5\n件", 2, 1, 1)],
    ]  # fmt: skip


def test_an_odt_that_repeats_a_million_rows_is_refused() -> None:
    row = '<table:table-row table:number-rows-repeated="1000000"><table:table-cell/></table:table-row>'
    body = f"<table:table>{row * 300}</table:table>"
    assert refused(odt_bytes(body)).read_state == ReadState.TOO_LARGE


def test_entities_of_an_odt_are_not_followed(tmp_path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("geheim")
    head = f'<!DOCTYPE d [<!ENTITY x SYSTEM "file://{secret}">]>'
    assert "geheim" not in "".join(paragraphs(document(odt_bytes("<text:p>a&x;b</text:p>", head))))


def test_a_broken_odt_is_refused() -> None:
    assert "broken" in str(refused(rewritten(odt_bytes(), {"content.xml": b"<broken"})))
    assert "broken" in str(refused(rewritten(odt_bytes(), {"content.xml": b"<empty/>"})))


# xlsx


def xlsx_bytes() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "年报"
    sheet["A1"] = "样本县2024年政府信息公开工作年度报告"
    sheet["A2"], sheet["B2"], sheet["C2"] = "信息内容", "本年制发件数", "现行有效件数"
    sheet["A3"], sheet["B3"], sheet["C3"] = "规章", 0, 12
    sheet["A4"], sheet["B4"] = "收费", 0.1 + 0.2
    sheet["A5"], sheet["B5"] = "竖", "22（其中修订16件）"
    sheet["B6"] = 1234567
    sheet.merge_cells("A5:A6")
    sheet.merge_cells("B6:C6")
    sheet["E9"] = "隐藏列"
    sheet.column_dimensions["E"].hidden = True
    hidden = book.create_sheet("草稿")
    hidden["A1"] = "不公开"
    hidden.sheet_state = "hidden"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_workbook_has_visible_sheets_and_spans_and_plain_numbers() -> None:
    read = document(xlsx_bytes())
    assert (read.document_format, read.title) == ("xlsx", "样本县2024年政府信息公开工作年度报告")
    assert paragraphs(read) == ["年报", "样本县2024年政府信息公开工作年度报告"]
    assert cells(read) == [
        [("信息内容", 0, 1, 1), ("本年制发件数", 1, 1, 1), ("现行有效件数", 2, 1, 1)],
        [("规章", 0, 1, 1), ("0", 1, 1, 1), ("12", 2, 1, 1)],
        [("收费", 0, 1, 1), ("0.3", 1, 1, 1)],
        [("竖", 0, 1, 2), ("22（其中修订16件）", 1, 1, 1)],
        [("1234567", 1, 2, 1)],
    ]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("1E2", "100"), ("-0", "-0"), ("12.50", "12.5"), ("0.30000000000000004", "0.3"), ("1E999999", ""), ("x", "")],
)
def test_stored_numbers_are_shown_as_typed(stored: str, shown: str) -> None:
    from flows.documents.workbook import _number

    assert _number(stored) == shown


def test_shared_texts_are_read_without_their_reading_aids() -> None:
    payload = xlsx_bytes()
    with zipfile.ZipFile(io.BytesIO(payload)) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
    shared = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        "<si><r><t>共</t></r><r><t>享</t></r><rPh sb='0' eb='1'><t>gong</t></rPh></si></sst>"
    )
    changes = {
        "xl/sharedStrings.xml": shared.encode(),
        "xl/worksheets/sheet1.xml": sheet.replace('t="n"><v>0</v>', 't="s"><v>0</v>').encode(),
    }
    assert ("共享", 1, 1, 1) in cells(document(rewritten(payload, changes)))[1]


def test_a_hostile_workbook_is_refused() -> None:
    payload = xlsx_bytes()
    with zipfile.ZipFile(io.BytesIO(payload)) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
    merged = "".join(f'<mergeCell ref="A{n}:XFD1048576"/>' for n in range(100, 9000, 300))
    huge = sheet.replace("</mergeCells>", f"{merged}</mergeCells>")
    assert refused(rewritten(payload, {"xl/worksheets/sheet1.xml": huge.encode()})).read_state == ReadState.TOO_LARGE
    nowhere = sheet.replace('t="n"><v>0</v>', 't="s"><v>99999</v>')
    assert "broken" in str(refused(rewritten(payload, {"xl/worksheets/sheet1.xml": nowhere.encode()})))
    assert refused(payload, Limits(document_cells=5)).read_state == ReadState.TOO_LARGE


# zip


def zip_bytes(members: dict[str, bytes], encoding: str | None = None) -> bytes:
    """An archive; with an encoding its names are stored as a Chinese system does, without the mark of UTF-8."""
    target = io.BytesIO()
    stand_ins = {}
    if encoding:
        stand_ins = {chr(97 + number) * len(name.encode(encoding)): name for number, name in enumerate(members)}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in zip(stand_ins or members, members.values(), strict=True):
            package.writestr(name, content)
    payload = target.getvalue()
    for stand_in, name in stand_ins.items():
        payload = payload.replace(stand_in.encode(), name.encode(encoding or ""))
    return payload


def test_the_member_with_the_tables_wins_and_its_gbk_name_is_read() -> None:
    table = "标题\n" + "甲\t1\n" * 10
    members = {"说明文字文件.txt": "只有说明".encode(), "年度报告附件表格数据.txt": table.encode()}
    read = document(zip_bytes(members, "gb18030"))
    assert read.metadata["member"] == "年度报告附件表格数据.txt"
    assert len(grids(read)[0]) == 10


def test_members_lead_nowhere_and_archives_in_archives_are_not_opened() -> None:
    table = "甲\t1\n乙\t2".encode()
    inner = zip_bytes({"../../etc/年报.txt": table})
    read = document(zip_bytes({"a.zip": inner, "../../etc/年报.txt": table, "__MACOSX/._a": b"x\ty"}))
    assert read.metadata["member"] == "年报.txt"
    assert grids(read) == [[["甲", "1"], ["乙", "2"]]]
    only = refused(zip_bytes({"a.zip": inner}))
    assert only.read_state == ReadState.UNSUPPORTED and "a.zip" in str(only)


def test_an_archive_is_refused_by_what_is_wrong_with_it() -> None:
    assert "no files" in str(refused(zip_bytes({})))
    assert refused(zip_bytes({f"{n}.txt": b"x" for n in range(61)})).read_state == ReadState.TOO_LARGE
    assert refused(zip_bytes({"a.txt": bytes(40 * 1024 * 1024)})).read_state == ReadState.TOO_LARGE
    unread = refused(zip_bytes({"a.exe": b"MZ\x00\x01"}))
    assert unread.read_state == ReadState.UNSUPPORTED and "a.exe" in str(unread)
    broken = zip_bytes({"a.txt": b"abcdefgh" * 200})
    at = broken.index(b"a.txt") + 8
    assert "broken" in str(refused(broken[:at] + b"\xff\xff\xff" + broken[at + 3 :]))


# doc, wps, rtf

RTF = (
    rb"{\rtf1\ansi\ansicpg936\deff0 {\fonttbl{\f0 SimSun;}}\f0 "
    + rb"\u24180?\u25253?\par "
    + (rb"\trowd\cellx2000\cellx4000 \intbl \u30002?\cell 12\cell\row \pard\par}")
)


def test_without_libreoffice_the_sentence_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    for payload in (RTF, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)):
        error = refused(payload)
        assert error.read_state == ReadState.UNSUPPORTED and "libreoffice-writer-nogui" in str(error)


NEEDS_OFFICE = pytest.mark.skipif(
    shutil.which("soffice") is None,
    reason="LibreOffice (soffice) is not installed: apt install libreoffice-writer-nogui",
)


@NEEDS_OFFICE
def test_an_rtf_is_read_through_libreoffice() -> None:
    read = document(RTF)
    assert read.document_format == "rtf" and paragraphs(read)[0] == "年报"
    assert grids(read) == [[["甲", "12"]]]


@NEEDS_OFFICE
def test_a_word_file_of_old_is_read_through_libreoffice(tmp_path) -> None:
    (tmp_path / "made.rtf").write_bytes(RTF)
    convert = ["--headless", "--convert-to", "doc:MS Word 97", "--outdir", str(tmp_path), str(tmp_path / "made.rtf")]
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(["soffice", profile, *convert], check=True, capture_output=True, timeout=120)
    read = document((tmp_path / "made.doc").read_bytes())
    assert read.document_format == "doc" and paragraphs(read)[0] == "年报"
    assert grids(read) == [[["甲", "12"]]]


def office(tmp_path, monkeypatch, script: str) -> None:
    """A stand-in for the office program."""
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(program))


def test_what_the_office_program_writes_is_read(tmp_path, monkeypatch) -> None:
    (tmp_path / "made.docx").write_bytes(docx_bytes())
    script = f'while [ "$1" != --outdir ]; do shift; done; mkdir -p "$2"; cp {tmp_path}/made.docx "$2"/document.docx'
    office(tmp_path, monkeypatch, script)
    read = document(RTF)
    assert read.document_format == "rtf" and paragraphs(read) == ["一、总体情况"]


def test_an_office_program_that_fails_or_hangs_ends_in_one_sentence(tmp_path, monkeypatch) -> None:
    office(tmp_path, monkeypatch, "exit 1")
    assert refused(RTF).read_state == ReadState.UNREADABLE
    office(tmp_path, monkeypatch, "sleep 600")
    monkeypatch.setattr("flows.documents.office._SECONDS", 0.2)
    assert refused(RTF).read_state == ReadState.TIMED_OUT


def test_a_member_that_is_broken_does_not_hide_the_others() -> None:
    read = document(zip_bytes({"1.docx": docx_bytes()[:2000], "2.txt": "甲\t1".encode()}))
    assert grids(read) == [[["甲", "1"]]] and isinstance(read.blocks[0], Grid)
    with pytest.raises(UnreadableDocument):
        document(zip_bytes({"1.docx": docx_bytes()[:2000]}))
    assert not any(isinstance(block, Paragraph) for block in read.blocks)

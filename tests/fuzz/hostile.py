"""Documents made to exhaust or to crash a reader, by name; each is made when it is called for."""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections.abc import Callable

from flows.sample.index import read_figures, sample_report
from flows.sample.rendering import render

MEGABYTE = 1024 * 1024
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def sample(rendering: str) -> bytes:
    """An honest report, to be spoilt."""
    report = sample_report("huaian-2024")
    return render(report, read_figures(report), rendering)  # type: ignore[arg-type]


def page(inner: str) -> bytes:
    """A page around something."""
    return f"<!doctype html><html><head><title>政府信息公开工作年度报告</title></head><body>{inner}</body></html>".encode()


def rewritten(payload: bytes, changes: dict[str, bytes]) -> bytes:
    """A package with parts replaced or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(payload)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            new.writestr(name, changes.get(name) or old.read(name))
    return target.getvalue()


def word(body: str, before: str = "") -> bytes:
    """A Word document with a body of its own."""
    text = f'<?xml version="1.0"?>{before}<w:document {_W}><w:body>{body}</w:body></w:document>'
    return rewritten(sample("docx"), {"word/document.xml": text.encode()})


def pdf(objects: list[bytes], root: int = 1) -> bytes:
    """A PDF of objects given as they stand, numbered from 1, with a correct table of offsets."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer <</Size %d /Root %d 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, root, start)
    return bytes(out)


def pdf_page(
    content: bytes, resources: bytes = b"<<>>", box: bytes = b"[0 0 595 842]", filters: bytes = b""
) -> bytes:
    """A PDF of one page with this content stream."""
    return pdf([
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox %s /Resources %s /Contents 4 0 R>>" % (box, resources),
        b"<</Length %d %s>>\nstream\n%s\nendstream" % (len(content), filters, content),
        b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
        b"<</Title <FEFFD800D800> /Author (somebody)>>",
    ])  # fmt: skip


_FONT = b"<</Font <</F1 5 0 R>>>>"


def _entities(kind: str) -> str:
    names = "".join(f'<!ENTITY {c}{i} "{f"&{c}{i - 1};" * 10 if i else "哈哈哈"}">' for c in "e" for i in range(10))
    return {
        "billion laughs": f"<!DOCTYPE d [{names}]>",
        "quadratic": f'<!DOCTYPE d [<!ENTITY q "{"x" * 100_000}">]>',
    }[kind]


def _many_pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % (3 + number) for number in range(count))
    leaf = b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]>>"
    return pdf(
        [
            b"<</Type /Catalog /Pages 2 0 R>>",
            b"<</Type /Pages /Kids [%s] /Count %d>>" % (kids, count),
            *[leaf] * count,
        ]
    )


def _form_loop() -> bytes:
    form = b"<</Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources <</XObject <</X 4 0 R>>>> /Length 6>>\nstream\n/X Do \nendstream"
    return pdf([
        b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources <</XObject <</X 4 0 R>>>> /Contents 5 0 R>>",
        form, b"<</Length 5>>\nstream\n/X Do\nendstream",
    ])  # fmt: skip


def _form_fan() -> bytes:
    """Each form draws the next one ten times: 10^12 drawings."""
    objects = [
        b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources <</XObject <</X 5 0 R>>>> /Contents 4 0 R>>",
        b"<</Length 5>>\nstream\n/X Do\nendstream",
    ]  # fmt: skip
    for number in range(5, 17):
        body = b"/X Do " * 10 if number < 16 else b"0 0 m 9 9 l S"
        objects.append(
            b"<</Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources <</XObject <</X %d 0 R>>>> /Length %d>>\n"
            b"stream\n%s\nendstream" % (number + 1, len(body), body)
        )
    return pdf(objects)


def _half_surrogates() -> bytes:
    cmap = (
        b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange "
        b"3 beginbfchar <31> <D800> <32> <DFFF> <33> <0033> endbfchar endcmap end"
    )
    font = b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R>>"
    content = b"BT /F1 12 Tf 9 99 Td (1323) Tj ET"
    return pdf([
        b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 99 199] /Resources %s /Contents 4 0 R>>" % _FONT,
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content), font,
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(cmap), cmap),
    ])  # fmt: skip


def _huge_image() -> bytes:
    """Text over a picture of 10^10 points, which is a kilobyte long."""
    picture = zlib.compress(bytes(MEGABYTE), 9)
    content = b"q 500 0 0 700 9 9 cm /X Do Q BT /F1 12 Tf 9 99 Td (2024) Tj ET"
    return pdf([
        b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources <</XObject <</X 6 0 R>> /Font <</F1 5 0 R>>>> /Contents 4 0 R>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content),
        b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
        b"<</Type /XObject /Subtype /Image /Width 100000 /Height 100000 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream" % (len(picture), picture),
    ])  # fmt: skip


def _deflated(content: bytes) -> bytes:
    return pdf_page(zlib.compress(content, 9), _FONT, filters=b"/Filter /FlateDecode")


HOSTILE: dict[str, Callable[[], bytes]] = {
    # HTML
    "colspan of 10^9": lambda: page('<table>' + '<tr><td colspan="1000000000" rowspan="1000000000">1</td></tr>' * 3 + "</table>"),
    "spans of 65534 in many cells": lambda: page("<table>" + "<tr>" + '<td colspan="100" rowspan="65534">1</td>' * 20_000 + "</tr>" * 2 + "</table>"),
    "a million cells": lambda: page("<table>" + ("<tr>" + "<td>1</td>" * 100 + "</tr>") * 10_000 + "</table>"),
    "cells up to the limit, each row reaching down": lambda: page("<table>" + ("<tr>" + '<td rowspan="9000">1</td>' * 20 + "</tr>") * 9_000 + "</table>"),
    "a hundred thousand div": lambda: page("<div>" * 100_000),
    "a hundred thousand font left open": lambda: page("<p><font>总计 1" * 100_000),
    "tables in tables": lambda: page("<table><tr><td>" * 5_000 + "1"),
    "a thousand forms of table": lambda: page("<table><tr><td>1</table>" * 50_000),
    "five million attributes": lambda: page("<div " + "a=1 b=2 " * 1_000_000 + ">x</div>"),
    "unclosed comment and script": lambda: page("<!--" * 500_000 + "<script>" * 500_000),
    "a million links": lambda: page('<a href="/x">x</a>' * 500_000),
    "two hundred thousand articles": lambda: page("<article><p>一、总体情况</p>" + "<div id=content class=title>" * 3_000),
    "a title of 20 MB": lambda: page("<h1>" + "政府信息公开工作年度报告2024年" * 500_000 + "</h1>"),
    "NUL bytes between all characters": lambda: b"\x00".join(bytes([b]) for b in page("<table><tr><td>1</td></tr></table>")),
    "a meta charset that is none": lambda: b'<html><meta charset="utf-7"><body>+ADw-table+AD4-' + b"\xff\xfe\xfd" * 1000,
    "a charset that is a codec of bytes": lambda: b'<html><meta charset="hex"><body>' + b"\xff" * 1000,
    "numeric references to surrogates": lambda: page("<p>" + "&#xD800;&#xDFFF;&#x110000;&#0;" * 1000 + "</p>"),
    # text
    "100 MB of one line": lambda: b"1" * (100 * MEGABYTE),
    "50 MB of one line": lambda: "总计 ".encode() + b"1 " * (25 * MEGABYTE),
    "50 MB of one line of tabs": lambda: b"1\t" * (25 * MEGABYTE),
    "50 MB of new lines": lambda: b"x\n" * (25 * MEGABYTE),
    "50 MB of headings": lambda: "一、总体情况\n".encode() * (50 * MEGABYTE // 20),
    "lone surrogates as UTF-8": lambda: b"\xed\xa0\x80\xed\xbf\xbf" * 10_000 + "总体情况".encode(),
    "half a UTF-16": lambda: b"\xff\xfe" + b"\x00\xd8" * 10_001 + b"\x00",
    "pipes and rules": lambda: b"|---|\n" + b"|-" * 500_000 + b"\n" + b"| " * 1_000_000,
    "a line of one pipe and blanks": lambda: b"| a |\n|" + b" " * 2_000_000 + b"x\n",
    "blanks for the eye of a regex": lambda: ("三、收到和处理政府信息公开申请情况\n" + "\n".join("1 " * n + "x" for n in range(124))).encode() * 50,
    "rows of dashes and commas": lambda: ("三、收到和处理政府信息公开申请情况\n" + ("-,./" * 60 + "元\n") * 20_000).encode(),
    "dates without an end": lambda: ("2024年政府信息公开工作年度报告\n" + "自2024年" * 500_000).encode(),
    "bodies without an end": lambda: ("中国" * 1_000_000 + "市人民政府办公室" * 200_000).encode(),
    "brackets without an end": lambda: ("国办公开办函〔" * 500_000 + "（" * 1_000_000).encode(),
    "digits of a number": lambda: ("一、主动公开政府信息情况\n规章\t" + "9" * 5_000_000 + "\n").encode(),
    # Word
    "billion laughs": lambda: word("<w:p><w:r><w:t>&e9;</w:t></w:r></w:p>", _entities("billion laughs")),
    "quadratic entities": lambda: word("<w:p><w:r><w:t>" + "&q;" * 20_000 + "</w:t></w:r></w:p>", _entities("quadratic")),
    "a part that shrank a thousandfold": lambda: rewritten(sample("docx"), {"word/media/x.bin": bytes(200 * MEGABYTE)}),
    "a package in a package": lambda: rewritten(sample("docx"), dict.fromkeys((f"x/{n}.zip" for n in range(100)), rewritten(sample("docx"), {"y": bytes(MEGABYTE)}))),
    "a part that lies about its size": lambda: sample("docx").replace(b"PK\x01\x02", b"PK\x01\x02"[:4], 1)[:-200] + bytes(200),
    "a hundred thousand w:p in one another": lambda: word("<w:p>" * 100_000 + "</w:p>" * 100_000),
    "250 tables in one another": lambda: word("<w:tbl><w:tr><w:tc>" * 80 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 80),
    "a column merged ten thousand rows down": lambda: word("<w:tbl>" + ('<w:tr>' + '<w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc>' * 10 + '</w:tr>') * 10_000 + "</w:tbl>"),
    "a million cells of Word": lambda: word("<w:tbl>" + ("<w:tr>" + "<w:tc><w:p/></w:tc>" * 100 + "</w:tr>") * 3_000 + "</w:tbl>"),
    # PDF
    "five thousand pages": lambda: _many_pages(5_000),
    "400 times one empty page": lambda: _many_pages(400),
    "a page tree that is a loop": lambda: pdf([b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [2 0 R 2 0 R] /Count 300>>"]),
    "a count of two thousand million": lambda: pdf([b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [2 0 R] /Count 2147483647>>"]),
    "a picture of 10^10 points": _huge_image,
    "a form that draws itself": _form_loop,
    "forms that draw forms, 10^12 times": _form_fan,
    "a page of 10^9 points": lambda: pdf_page(b"BT /F1 12 Tf (2024) Tj ET", _FONT, b"[-1000000000 -1000000000 1000000000 1000000000]"),
    "a page of no size": lambda: pdf_page(b"BT /F1 12 Tf (2024) Tj ET 0 0 m 9 9 l S", _FONT, b"[0 0 0 0]"),
    "coordinates that are no numbers": lambda: pdf_page(b"1e39 0 0 1e39 0 0 cm 1e39 1e39 m 99999999999999999999 1e39 l S BT /F1 1e39 Tf (1 2 3) Tj ET", _FONT),
    "a font without a map": lambda: pdf_page(b"BT /F1 12 Tf <01020304FFFE> Tj ET", b"<</Font <</F1 <</Type /Font /Subtype /Type3 /FontBBox [0 0 1 1] /FontMatrix [1 0 0 1 0 0] /CharProcs <<>> /Encoding <<>> /FirstChar 0 /LastChar 255>>>>>>"),
    "a font whose map names half surrogates": lambda: _half_surrogates(),
    "properties of half surrogates": lambda: pdf_page(b"BT /F1 12 Tf (2024) Tj ET", _FONT).replace(b"trailer <<", b"trailer <</Info 6 0 R "),
    "a million characters on a page": lambda: _deflated(b"BT /F1 1 Tf " + b"(1234567890) Tj " * 100_000 + b"ET"),
    "a stream that swells a thousandfold": lambda: _deflated(b"BT ET " * (80 * MEGABYTE)),
    "a million ruling lines": lambda: _deflated(b"0 0 m 100 0 l S " * 1_000_000),
    "one path of a million segments": lambda: _deflated(b"0 0 m " + b"100 0 l 0 100 l " * 500_000 + b"S"),
    "four thousand crossing lines": lambda: _deflated(
        b"".join(b"0 %d m 6000 %d l S %d 0 m %d 6000 l S " % (3 * n, 3 * n, 3 * n, 3 * n) for n in range(1, 1_990)) + b"BT /F1 9 Tf (1) Tj ET"
    ),
    "sixty thousand characters on a staircase": lambda: _deflated(
        b"BT /F1 1 Tf " + b"".join(b"1 0 0 1 %d %d Tm (1) Tj " % (n % 500, n % 800) for n in range(59_000)) + b"ET"
    ),
    "arrays within arrays": lambda: pdf([b"<</Type /Catalog /Pages 2 0 R>>", b"[" * 200_000]),
}  # fmt: skip
"""What a reader must come to an end with, in one clear state."""


def mutated(payload: bytes, rng: random.Random) -> bytes:
    """A payload with a few bytes changed, cut out, repeated or inserted."""
    spoilt = bytearray(payload)
    for _ in range(rng.randint(1, 12)):
        start = rng.randrange(len(spoilt) + 1)
        end = min(start + rng.choice((1, 1, 2, 4, 64, 1024)), len(spoilt))
        kind = rng.randrange(5)
        if kind == 0:
            spoilt[start:end] = rng.randbytes(end - start)
        elif kind == 1:
            del spoilt[start:end]
        elif kind == 2:
            spoilt[start:start] = spoilt[start:end] * rng.choice((1, 2, 100))
        elif kind == 3:
            spoilt[start:start] = rng.choice(WORDS)
        elif spoilt[start:end].isdigit() or start < len(spoilt):
            spoilt[start:end] = b"9" * (end - start)
    return bytes(spoilt)


WORDS = (
    b"\x00", b"\xff\xfe", b"<table>", b"</table>", b"<td colspan=99999 rowspan=99999>", b"<script>", b"<!--", b"]]>",
    b"&#x110000;", "一、".encode(), "总计".encode(), b"\t", b"\n|", b"-1", b"99999999999", b"1e999", b" 0 R", b"endobj",
    b"stream\n", b"/Kids [1 0 R]", b"PK\x03\x04", b"\xed\xa0\x80", "（".encode("gb18030"), b"<w:vMerge/>",
)  # fmt: skip
"""What a mutation inserts."""

"""What an answer is: each kind that portals were seen to give, just inside and just outside."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.archive.exchange import sha256
from flows.portals.pages import Page, decode
from flows.portals.responses import Seen, classify, classify_robots
from flows.portals.robots import read_robots
from flows.portals.shells import shell_target
from flows.records import FetchRole, FetchState

URL = "http://portal.example.gov.cn/nb/t20250101_1.html"
HOME = "http://portal.example.gov.cn/"
HEADS = "<table><tr><td>第二十条第（一）项</td></tr></table>"
SLIDER = "<script src='/js/slide-captcha.js'></script>"
FILLER = "<p>正文</p>" * 200


def seen(
    payload: str | bytes,
    status: int = 200,
    role: FetchRole = FetchRole.PAGE,
    final_url: str = URL,
    **changes: object,
) -> Seen:
    data = payload.encode() if isinstance(payload, str) else payload
    fields = {
        "role": role,
        "asked_url": URL,
        "final_url": final_url,
        "http_status": status,
        "content_type": "text/html",
        "retry_after": None,
        "payload": data,
        "payload_sha256": sha256(data),
    }
    return Seen(**{**fields, **changes})  # type: ignore[arg-type]


def html(title: str = "示例市2024年政府信息公开工作年度报告", body: str = FILLER) -> str:
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (seen(html()), "content"),
        (seen(html(), 304), "not_modified"),
        (seen("<html><script r='m'>$_ts=window['$_ts']</script></html>", 412), "blocked_js"),
        (seen("<html><script>$_ts.nsd=1</script></html>", 202), "blocked_js"),
        (seen(html(), 202), "content"),
        (seen("<script>document.cookie='__jsluid_s=1';location.href=location.pathname</script>", 521), "blocked_js"),
        (seen("<html><script>C3VK='abc; max-age=300'; location.reload()</script></html>"), "blocked_js"),
        (seen(html("请稍候…", "<div class='puzzle-vcode'></div>" + FILLER)), "blocked_captcha"),
        (seen(html("示例", "<div class='puzzle-vcode'></div>")), "blocked_captcha"),
        (seen(html("示例", SLIDER + "字" * 300), role=FetchRole.LIST), "blocked_captcha"),
        (seen(html("示例", SLIDER + "字" * 301), role=FetchRole.LIST), "content"),
        (seen(html("示例", f"{SLIDER}<a href='a'>政府信息公开年报</a>"), role=FetchRole.LIST), "content"),
        (seen("", 403), "blocked_ip"),
        (seen("", 405), "blocked_ip"),
        (seen("", 567), "blocked_ip"),
        (seen("$_ts", 400), "blocked_js"),
        (seen("", 400), "gone"),
        (seen("", 429), "throttled"),
        (seen("", 503, retry_after="120"), "throttled"),
        (seen("", 503), "unreachable"),
        (seen("", 500), "unreachable"),
        *((seen("", status), "unreachable") for status in (408, 421, 425)),
        (seen("", 404), "gone"),
        (seen("", 410), "gone"),
        (seen("", 302), "gone"),
        (seen(" \n"), "throttled"),
        (seen(" \n", may_be_empty=True), "content"),
        (seen(html("404 页面")), "soft_404"),
        (seen(html("出错了")), "soft_404"),
        (seen(html("示例局2404号")), "content"),
        (seen(html("示例市2024年政府信息公开工作年度报告（更正错误后）")), "content"),
        (seen(html("示例市404医院政府信息公开年报（2024）")), "content"),
        (seen(html("404 政府信息公开年报")), "soft_404"),
        (seen(html(), final_url=HOME), "soft_404"),
        (seen(html(), asked_url=HOME, final_url=HOME), "content"),
        (seen('<html><meta http-equiv="refresh" content="0;url=./x/"></html>'), "shell"),
        (seen("<html><script>window.location='/x/'</script></html>"), "shell"),
        (seen(html(body="<script>window.location='/x/'</script>" + FILLER)), "content"),
        (seen("<datastore><recordset></recordset></datastore>", role=FetchRole.LIST), "content"),
        (seen(b"%PDF-1.7 \0"), "content"),
        (seen(b"PK\x03\x04\0\0"), "content"),
        (seen(b"\xff\xd8\xff\xe0\0"), "wrong_type"),
        (seen(b"\xff\xd8\xff\xe0\0", role=FetchRole.ATTACHMENT), "content"),
        (seen(b"\x00\x01\x02"), "wrong_type"),
        (seen(b"%PDF-1.7", role=FetchRole.LIST), "wrong_type"),
        (seen(html(), role=FetchRole.ATTACHMENT), "wrong_type"),
        (seen(b"plain text report", role=FetchRole.ATTACHMENT), "wrong_type"),
        (seen(b"plain text report", role=FetchRole.ATTACHMENT, asked_url=f"{HOME}report.TXT"), "content"),
        (seen(b"plain text report", role=FetchRole.ATTACHMENT, file_name="report.txt"), "content"),
        (seen(b"plain text report"), "content"),
        (seen('{"code":500,"msg":"error"}'), "wrong_type"),
        (seen('\ufeff [{"code":500}]', asked_url=f"{HOME}report.pdf"), "wrong_type"),
        (seen('{"html":"第二十条第（一）项"}'), "content"),
        (seen('{"articles":[]}', role=FetchRole.LIST), "content"),
        (seen("[示例市] 年度报告"), "content"),
        (seen("文件不存在", content_type="text/plain"), "soft_404"),
        (seen(html("示例", "<p>您访问的页面已删除</p>")), "soft_404"),
        (seen(html("示例", "<p>您访问的页面已删除</p>" + "字" * 91)), "soft_404"),
        (seen(html("示例", "<p>您访问的页面已删除</p>" + "字" * 92)), "content"),
        (seen(html("示例", "<p>您访问的页面已删除</p>"), role=FetchRole.LIST), "content"),
        (seen(html("示例", "<p>信息不存在的答复见 政府信息公开工作年度报告</p>")), "content"),
        (seen('{"code":500,"msg":"error"}', role=FetchRole.ATTACHMENT), "wrong_type"),
        (seen("文件不存在", role=FetchRole.ATTACHMENT), "wrong_type"),
        (seen('<?xml version="1.0"?><html><body>x</body></html>', role=FetchRole.ATTACHMENT), "wrong_type"),
        (seen("<table><tr><td>1</td></tr></table>", role=FetchRole.ATTACHMENT), "wrong_type"),
        (seen(f"<html><table>{HEADS}</table></html>", role=FetchRole.ATTACHMENT), "content"),  # .doc that is HTML
        (seen(b"MZ\x90\0", role=FetchRole.ATTACHMENT), "wrong_type"),
        (seen(b"MZ in a text", role=FetchRole.ATTACHMENT), "wrong_type"),
        (seen(b"\x01\0\x02", role=FetchRole.ATTACHMENT), "wrong_type"),
        (seen(b"Rar!\x1a", role=FetchRole.ATTACHMENT), "content"),
        (seen(b"7z\xbc\xaf\x27\x1c", role=FetchRole.ATTACHMENT), "content"),
        (seen(b"II*\0", role=FetchRole.ATTACHMENT), "content"),
        (seen(b"{\\rtf1", role=FetchRole.ATTACHMENT), "content"),
        (seen(b"\r\n%PDF-1.4", role=FetchRole.ATTACHMENT), "content"),
        (seen(b" " * 1019 + b"%PDF-", role=FetchRole.ATTACHMENT), "content"),
        (seen(b" " * 1020 + b"%PDF-", role=FetchRole.ATTACHMENT), "wrong_type"),
        (seen("<html>%PDF-</html>", role=FetchRole.ATTACHMENT), "wrong_type"),
        (seen(html(), 206), "unreachable"),
        (seen(b"notbrotli", content_encoding="br"), "wrong_type"),
        (seen(b"%PDF-1.7", content_encoding="br"), "content"),
        (seen(html(), content_encoding="br"), "content"),  # says so and is not
        (seen(b"text", content_encoding="utf-8"), "content"),  # servers were seen to say the charset there
        (seen(b"x", content_encoding="identity, zstd"), "wrong_type"),
        (seen("<script>alert('文章不存在！');history.back();</script>"), "soft_404"),
        (seen("<html><script>alert('没有权限');window.close()</script></html>"), "soft_404"),
        (seen("<html><script>alert('x');history.go(-1)</script>" + FILLER), "content"),
        (seen(html(), final_url=f"{HOME}index.html"), "soft_404"),
        (seen(html(), final_url=f"{HOME}default.aspx"), "soft_404"),
        (seen(html(), final_url=f"{HOME}index.php?id=3"), "content"),
        (seen(html(), final_url=f"{HOME}indexes.html"), "content"),
        (seen(html(body=HEADS), final_url=HOME), "content"),  # a report is a report
        (seen(html("核工业404医院2024年度报告", HEADS)), "content"),
        (seen(html("核工业404医院2024年度报告")), "soft_404"),
        (seen(html("安全验证", HEADS)), "content"),
    ],
)
def test_states(answer: Seen, state: str) -> None:
    found, reason = classify(answer, {})
    assert found == state
    assert (reason is None) == (state in ("content", "not_modified")) or answer.may_be_empty


@pytest.mark.parametrize(("size", "state"), [(1499, "blocked_js"), (1500, "content")])
def test_a_challenge_is_short(size: int, state: str) -> None:
    text = "<html><script>$_ts=1</script>"
    assert classify(seen(text + "x" * (size - len(text))), {})[0] == state


def test_the_same_bytes_as_the_list_are_no_report() -> None:
    page = seen(html())
    assert classify(page, {page.payload_sha256: HOME})[0] is FetchState.SOFT_404
    assert classify(page, {page.payload_sha256: URL})[0] is FetchState.CONTENT
    assert classify(page, {"0" * 64: HOME})[0] is FetchState.CONTENT
    tables = seen(html(body=HEADS))  # a column that is itself the report, under another address
    assert classify(tables, {tables.payload_sha256: HOME})[0] is FetchState.CONTENT


def test_a_redirect_to_the_list_is_no_report() -> None:
    column = "http://portal.example.gov.cn/nb/"
    told = (FetchState.SOFT_404, f"redirected to the list {column}")
    assert classify(seen(html(), final_url=column), {}, {column}) == told
    for answer in (
        seen(html(), final_url=f"{column}a.html"),
        seen(html(), asked_url=column, final_url=column),
        seen(html(body=HEADS), final_url=column),  # a report that has moved there
        seen(html(), final_url=column, role=FetchRole.LIST),
    ):
        assert classify(answer, {}, {column}) == (FetchState.CONTENT, None)


@settings(max_examples=200, deadline=None)
@given(
    payload=st.binary(max_size=400),
    status=st.integers(100, 999),
    role=st.sampled_from(list(FetchRole)),
    content_type=st.one_of(st.none(), st.text(max_size=40), st.just("text/html; charset=rot13")),
)
def test_no_bytes_make_it_fail(payload: bytes, status: int, role: FetchRole, content_type: str | None) -> None:
    answer = seen(payload, status, role, content_type=content_type)
    assert classify(answer, {})[0] in FetchState
    assert classify_robots(answer)[0] in FetchState
    shell_target(decode(payload, content_type), URL)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ('<meta http-equiv="refresh" content="0;url=./jgxx/">', "http://portal.example.gov.cn/nb/jgxx/"),
        ("<script>location.replace('/a/')</script>", "http://portal.example.gov.cn/a/"),
        ('<script>window.location.href = "/b.html";</script>', "http://portal.example.gov.cn/b.html"),
        ("<script>location.href='/a/' + id;</script>", None),
        ("<script>location.href='/a/';location.href='/b/';</script>", None),
        ('<meta http-equiv="refresh" content="0;url=http://elsewhere.example/">', None),
        ('<meta http-equiv="refresh" content="0;url=javascript:x">', None),
        (f'<meta http-equiv="refresh" content="0;url={URL}">', None),
        ('<meta content="0; URL=&quot;/c/&quot;" http-equiv="Refresh">', "http://portal.example.gov.cn/c/"),
        ("<meta content='0; URL=/c/?a=1&amp;b=2' http-equiv=Refresh>", "http://portal.example.gov.cn/c/?a=1&b=2"),
        ("<?xml version='1.0'?><html><meta content=0;url=/c/ http-equiv=refresh>", "http://portal.example.gov.cn/c/"),
        ('<meta http-equiv="refresh" content="30;url=/c/">', "http://portal.example.gov.cn/c/"),
        ('<meta http-equiv="refresh" content="31;url=/c/">', None),
        ('<meta http-equiv="refresh" content="5">', None),
        ('<!-- <meta http-equiv="refresh" content="0;url=/c/"> -->', None),
        ('<!-- a --><meta http-equiv="refresh" content="0;url=/c/"><!-- b', "http://portal.example.gov.cn/c/"),
        ("<!--" * 50_000, None),
        ('<meta name="url" content="0;url=/c/">', None),
        ("<script>setTimeout(\"location.href='/c/'\", 100)</script>", "http://portal.example.gov.cn/c/"),
        ('<script>setTimeout("self.location=\\"/c/\\"", 100)</script>', "http://portal.example.gov.cn/c/"),
        ("<script>setTimeout(function(){top.location.assign('/c/')},0)</script>", "http://portal.example.gov.cn/c/"),
        ("<script>location.href='/c/'", "http://portal.example.gov.cn/c/"),
        ("<base href='/deep/'><script>location.href='c/'</script>", "http://portal.example.gov.cn/deep/c/"),
        ("nothing", None),
    ],
)
def test_shells_lead_to_one_literal_address_on_their_host(text: str, target: str | None) -> None:
    assert shell_target(text, URL) == target


@pytest.mark.parametrize(
    ("payload", "content_type", "text"),
    [
        ("年报".encode("gbk"), "text/html", "年报"),
        ("年报".encode("gbk"), "text/html; charset=utf-8", "年报"),
        ("年报".encode(), "text/html; charset=gb2312", "年报"),
        ("年报".encode(), "text/html; charset=ISO-8859-1", "年报"),
        (b'<meta charset="gb2312">' + "年报㐀".encode("gb18030"), "text/html", '<meta charset="gb2312">年报㐀'),
        ("年报".encode("utf-8-sig"), None, "年报"),
        ("年报".encode("utf-16"), None, "年报"),
        ("年报".encode(), "text/html; charset=no-such", "年报"),
        ("年报".encode() + b"\xff", "text/html", "年报\ufffd"),
    ],
)
def test_charsets_that_lie_are_not_believed(payload: bytes, content_type: str | None, text: str) -> None:
    assert decode(payload, content_type).startswith(text[:2] if "\ufffd" in text else text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<td>第二十条第（一）项</td>", True),
        ("<td><span>第二十</span><b>条第(一</b>)&nbsp;项</td>", True),
        ("<p>本年 新收\n政府信息公开申请数量</p>", True),
        ("<p>一、总体情况 二、主动公开政府信息情况</p>", False),
    ],
)
def test_the_heads_of_the_tables_are_found_through_tags(text: str, expected: bool) -> None:
    assert Page(URL, text).has_report_tables is expected


def test_an_article_title_is_preferred_to_the_title_tag() -> None:
    page = Page(URL, '<title>网站</title><META content="示例<br>年报" Name="ArticleTitle">')
    assert page.title == "示例年报"
    assert Page(URL, "<title> 示例\n 年报 </title>").title == "示例 年报"
    assert Page(URL, "no title").title == ""


def test_robots_rules_are_read_for_our_name() -> None:
    rules = read_robots(FetchState.CONTENT, None, b"User-agent: gongkai\nDisallow: /a\nCrawl-delay: 7\n")
    assert not rules.allows("http://h/a/x")
    assert rules.allows("http://h/b")
    assert rules.delay_seconds == 7
    assert read_robots(FetchState.CONTENT, None, b"User-agent: *\nCrawl-delay: 86400").delay_seconds == 60
    unmodified = read_robots(FetchState.NOT_MODIFIED, None, b"User-agent: *\nDisallow: /a\n")
    assert not unmodified.is_closed
    assert [unmodified.allows(f"http://h/{name}") for name in "ab"] == [False, True]
    assert read_robots(FetchState.GONE, None, None).allows("http://h/a")
    assert read_robots(FetchState.UNREACHABLE, None, None).is_closed
    assert not read_robots(FetchState.SOFT_404, None, None).is_closed
    assert read_robots(FetchState.OFF_HOST, None, None).is_closed

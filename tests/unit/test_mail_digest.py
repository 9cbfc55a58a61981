"""A digest, parsed back as a mail program parses it."""

import csv
import dataclasses
import datetime as dt
import email
import io
from decimal import Decimal
from email.policy import default

import openpyxl
import pytest
from selectolax.lexbor import LexborHTMLParser

from flows.errors import InputError
from flows.mail.digest import FINDINGS_OF_A_RULE, FINDINGS_SHOWN, as_message, message_id, render
from flows.mail.news import Told, news
from flows.mail.plain import safe_url, spreadsheet_text
from flows.mail.routing import Recipient
from flows.mail.sheet import COLUMNS, ROWS_MOST, as_csv, as_workbook, rows
from flows.quality.proposal_words import number_text
from flows.terminal import one_line
from tests.unit.mail_samples import SEEN_AT, SUMMARY, finding, proposal, stored

NOW = dt.datetime(2026, 4, 1, 8, 30, tzinfo=dt.UTC)
SENDER = "gongkai <gongkai@example.org>"
ZH = Recipient(address="city@example.org", name="某市", divisions=["9901"])
EN = Recipient(address="city@example.org", name="Somebody", language="en", divisions=["9901"])


def named(findings):
    """The findings, each with a name of its own."""
    return [dataclasses.replace(one, finding_id=f"{number:016x}") for number, one in enumerate(findings)]


def rendered(recipient, findings, mail_from=SENDER, **more):
    """The digest of findings that are all new."""
    found = named(findings)
    mine = [stored(one) for one in found]
    shown = {one.finding_id: one for one in found}
    return render(recipient, news(mine, {}), mine, shown, SUMMARY, mail_from=mail_from, **more)


def parsed(recipient, findings, **more):
    return sent(rendered(recipient, findings, **more))


def sent(digest):
    return email.message_from_bytes(as_message(digest, now=NOW).as_bytes(), policy=default)


def parts(message):
    text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    html = message.get_body(("html",)).get_content()
    attachment, _ = message.iter_attachments()
    return text, html, attachment


def test_headers():
    message = parsed(ZH, [finding()])
    assert str(message["From"]) == "gongkai <gongkai@example.org>"
    assert message["To"].addresses[0].addr_spec == "city@example.org"
    assert message["To"].addresses[0].display_name == "某市"
    assert message["Subject"] == "政府信息公开年报核对：新发现 1 项"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@example.org>")


def test_structure_is_text_and_html_with_its_pictures_in_one_and_the_sheets_beside_it():
    message = parsed(ZH, [finding()])
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "text/csv",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]
    assert message.as_bytes().isascii()


@pytest.mark.parametrize("recipient", [ZH, EN])
def test_everything_about_a_finding_is_in_the_text_and_in_the_html(recipient):
    text, html, _ = parts(parsed(recipient, [finding()]))
    page = LexborHTMLParser(html)
    statement = {"zh": "本年新收加上年结转等于", "en": "New and carried-in requests equal"}[recipient.language]
    for place in (text, page.body.text()):
        for words in ("样本县", "2024", "B03", statement, "70 + 4 = 71 + 1", "一、本年新收 + 二、上年结转", "总计"):
            assert words in place
        for number in ("700", "11"):
            assert number in place
    assert "  差额（左边减右边）: 2\n" in text or "Difference (left less right): 2\n" in text
    links = [node.attributes["href"] for node in page.css("a")]
    assert links == ["http://127.0.0.1:8001/zwgk/1.pdf", "http://127.0.0.1:8001/zwgk/1.html"]
    assert "http://127.0.0.1:8001/zwgk/1.pdf" in text
    values = [row.css("td")[-1].text() for row in page.css("table")[0].css("tr")[1:]]
    assert values == ["70", "4", "71", "1"]


def test_one_address_is_one_link():
    address = "http://127.0.0.1/a.html"
    text, html, _ = parts(parsed(EN, [finding(document_url=address, entry_url=address)]))
    assert text.count(address) == html.count(f'href="{address}"') == 1


@pytest.mark.parametrize(("recipient", "words"), [(ZH, "应有报告: 9 按期发布"), (EN, "9 published in time")])
def test_coverage_is_told_in_words(recipient, words):
    text, _, _ = parts(parsed(recipient, []))
    assert words in text


def test_findings_are_grouped_by_body():
    found = [
        finding(body_id="1", body_name="甲县", report_year=2024),
        finding(body_id="2", body_name="乙县", report_year=2024),
        finding(body_id="1", body_name="甲县", report_year=2023),
    ]
    text, html, _ = parts(parsed(ZH, found))
    assert [node.text(strip=True) for node in LexborHTMLParser(html).css("h3")] == ["甲县样本县", "乙县样本县"]
    assert text.index("甲县") < text.index("2023 年度") < text.index("乙县")


@pytest.mark.parametrize(("recipient", "words"), [(ZH, "没有发现问题"), (EN, "No finding")])
def test_no_finding_is_said_plainly(recipient, words):
    message = parsed(recipient, [])
    text, html, attachment = parts(message)
    assert words in text
    assert words in html
    assert len(attachment.get_content().splitlines()) == 1
    assert "0" not in message["Subject"]


def test_a_blank_cell_is_shown_as_blank_not_as_zero():
    blank = (
        finding()
        .cells[0]
        .__class__("requests", "carried_in", "total", 2024, "二", "总计", "二", 1, "blank", "", None, None)
    )
    text, html, _ = parts(parsed(EN, [finding(cells=(blank,))]))
    assert "二: [blank]" in text
    assert ">[blank]</td>" in html


@pytest.mark.parametrize(
    ("recipient", "words"),
    [
        (ZH, ("只有这一种", "数字 71", "第二次读取: 73", "应为 73", "读取有误")),
        (EN, ("no other change so small", "Printed 71", "second reading: 73", "proposed 73", "our reading is wrong")),
    ],
    ids=["zh", "en"],
)
def test_the_cell_that_may_be_wrong_is_named_with_its_value_and_both_readings(recipient, words):
    text, html, attachment = parts(parsed(recipient, [finding(proposal=proposal(Decimal("73.000000")))]))
    shown = LexborHTMLParser(html).body.text(separator="")
    for word in ("三、本年度办理结果 （七）总计 · 总计", *words):
        assert word in text and word in shown
    assert "requests/outcome_total/total@2024 71 -> 73" in attachment.get_content()


def test_where_the_balances_cannot_tell_the_digest_says_so_and_how_many_there_are():
    told = parts(parsed(EN, [finding(proposal=proposal(Decimal(73), None))]))[0]
    assert "2 changes as small restore every balance; the balances alone cannot tell" in told
    assert "proposed open" in told
    likely = parts(parsed(EN, [finding(proposal=proposal(Decimal(73), None, is_preferred=True))]))[0]
    assert "the first is the most likely" in likely
    many = proposal(Decimal(73), None, is_complete=False, set_count=40)
    assert "at least 40 changes as small" in parts(parsed(EN, [finding(proposal=many)]))[0]


def test_markup_in_a_proposal_stays_text():
    hostile = "<b onload=x>71"
    html = parts(parsed(EN, [finding(proposal=proposal(Decimal(73), printed=hostile))]))[1]
    assert hostile not in html and "&lt;b onload=x&gt;71" in html


def test_the_same_digest_is_the_same_message_another_is_not():
    first, again = (rendered(ZH, [finding()]) for _ in range(2))
    assert message_id(first) == message_id(again)
    one, two = (as_message(digest, now=NOW).as_bytes() for digest in (first, again))
    assert one == two
    others = [
        rendered(Recipient(address="b@example.org", everything=True), [finding()]),
        rendered(ZH, [finding(difference=Decimal(3))]),
        rendered(ZH, []),
        rendered(ZH, [finding()], number=2),
        rendered(ZH, [finding()], "other@example.org"),
    ]
    assert len({message_id(digest) for digest in (first, *others)}) == 6


def test_markup_in_names_and_values_stays_text():
    hostile = '<script>alert(1)</script><img src=x onerror="a()">'
    bad = finding(
        body_name=hostile,
        division_name=f"</title>{hostile}",
        instance_label=hostile,
        formula=hostile,
        formula_values="{{ 7 * 7 }}",
        document_url="javascript:alert(1)",
        entry_url='http://127.0.0.1/" onmouseover="a()',
    )
    name = Recipient(address="a@example.org", name=hostile, everything=True)
    text, html, _ = parts(parsed(name, [bad]))
    page = LexborHTMLParser(html)
    assert page.css("script, a") == []
    assert [node.attributes["src"] for node in page.css("img")] == ["cid:failed_by_year"]
    assert page.css_first("h3").text().startswith(hostile)
    assert "{{ 7 * 7 }}" in text
    assert "javascript" not in html + text
    assert "onmouseover" not in html + text


def test_line_breaks_and_turned_text_in_names_do_not_break_the_lines():
    bad = finding(body_name="甲县\r\nBcc: x@example.org\u202etxt.exe", formula_values="1\n\n2")
    text, _, _ = parts(parsed(ZH, [bad]))
    assert "甲县 Bcc: x@example.org txt.exe" in text
    assert "所印或所见: 1 2\n" in text


def test_a_long_digest_is_cut_and_says_so_but_the_csv_has_all():
    found = [finding(report_year=year) for year in range(1000, 1000 + FINDINGS_SHOWN + 5)]
    text, html, attachment = parts(parsed(EN, found))
    assert html.count("border-left:4px") == FINDINGS_SHOWN
    assert "Not listed here: 5 more." in text
    assert len(attachment.get_content().splitlines()) == 1 + FINDINGS_SHOWN + 5


def test_of_one_rule_and_report_only_the_first_findings_are_shown():
    found = [finding(rule_id="X01", instance_key=str(number)) for number in range(FINDINGS_OF_A_RULE + 3)]
    text, html, attachment = parts(parsed(EN, [*found, finding(rule_id="X01", report_year=2023)]))
    assert html.count("border-left:4px") == FINDINGS_OF_A_RULE + 1
    assert "Not listed here: 3 more." in text
    assert len(attachment.get_content().splitlines()) == 1 + FINDINGS_OF_A_RULE + 4


def test_a_finding_without_cells_shows_what_was_found_and_what_to_do():
    bare = finding(rule_id="M01", cells=(), difference=None, verdict="", formula_values="2024-02-05 > 2024-01-31")
    text, html, attachment = parts(parsed(ZH, [bare]))
    for shown in (text, html.replace("&gt;", ">")):
        assert "2024-02-05 > 2024-01-31" in shown
        assert "处理建议: 核对所列各格与总计" in shown
        assert "差额" not in shown
        assert "判断" not in shown
    assert ",2024-02-05 > 2024-01-31,,," in attachment.get_content()


@pytest.mark.parametrize("mail_from", ["", "nobody", "a@b\nBcc: c@example.org", "某@example.org", "a b@c d"])
def test_a_sender_that_is_no_address_is_one_sentence(mail_from):
    with pytest.raises(InputError, match="GONGKAI_MAIL_FROM"):
        rendered(ZH, [], mail_from)


def sheet_of(**changes):
    one = finding(**changes)
    mine = [stored(one)]
    return rows(news(mine, {}), mine, {one.finding_id: one})


def read_csv(sheet):
    head, *values = csv.reader(io.StringIO(sheet.decode("utf-8-sig"), newline=""))
    assert tuple(head) == COLUMNS
    return [dict(zip(head, row, strict=True)) for row in values]


def test_csv_is_utf8_with_a_mark_and_reads_back():
    sheet = as_csv(sheet_of(body_name='1, "2"\n3', difference=Decimal("-2.500000"), proposal=proposal(Decimal(73))))
    assert sheet.startswith(b"\xef\xbb\xbf")
    assert sheet.endswith(b"\r\n")
    (values,) = read_csv(sheet)
    assert values["body_name"] == '1, "2" 3'
    assert values["difference"] == "-2.5"
    assert values["proposal"] == "requests/outcome_total/total@2024 71 -> 73"
    assert (values["news"], values["state"], values["first_seen_at"]) == ("new", "new", "2026-03-31T20:00:00+00:00")


HOSTILE = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "＝1+1",
    "\t=1",
    "\r\n=cmd|' /C calc'!A0",
    "\u200b=1",
    "'=1",
    "-",
    "--5",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_spreadsheet_computes_nothing(text):
    assert spreadsheet_text(text).startswith("'")
    (values,) = read_csv(as_csv(sheet_of(body_name=text)))
    assert values["body_name"].startswith("'")


def test_the_workbook_has_types_and_no_formula():
    listed = [row for text in HOSTILE for row in sheet_of(body_name=text)]
    sheet = openpyxl.load_workbook(io.BytesIO(as_workbook(listed)))["findings"]
    head, *values = sheet.iter_rows()
    assert tuple(cell.value for cell in head) == COLUMNS
    assert {cell.data_type for row in values for cell in row} <= {"s", "n", "d"}
    first = dict(zip(COLUMNS, (cell.value for cell in values[0]), strict=True))
    assert (first["body_name"], first["report_year"], first["difference"]) == ("=1+1", 2024, 2)
    assert first["first_seen_at"] == SEEN_AT.replace(tzinfo=None)
    assert not any(cell.hyperlink for row in values for cell in row)
    assert as_workbook(listed) == as_workbook(listed)


def test_the_sheets_have_what_is_told_first_then_what_was_told_before_and_nothing_acknowledged():
    one, two, three, four = named([finding()] * 4)
    mine = [stored(one, "open"), stored(two, "acknowledged"), stored(three, "fixed"), stored(four)]
    before = Told(NOW, True, "error", Decimal(2))
    told = news(mine, {one.finding_id: before, three.finding_id: before})
    listed = rows(told, mine, {})
    assert [(row["finding_id"], row["news"], row["state"]) for row in listed] == [
        (four.finding_id, "new", "new"),
        (three.finding_id, "fixed", "fixed"),
        (one.finding_id, None, "open"),
    ]


def test_a_sheet_has_an_end():
    mine = [stored()] * (ROWS_MOST + 1)
    assert len(rows(news(mine, {}), mine, {})) == ROWS_MOST


@pytest.mark.parametrize("text", ["-2", "-2.5", "0", "样本县", "5 + 2 = 7"])
def test_plain_numbers_and_words_stay_as_they_are(text):
    assert spreadsheet_text(text) == text


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("http://www.example.gov.cn/a.html", True),
        ("https://www.example.gov.cn:8443/a?b=c&d=%E5%B9%B4", True),
        ("http://www.example.gov.cn/年报.pdf", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("//www.example.gov.cn/a", False),
        ("http://", False),
        ("http://a@www.example.gov.cn/", False),
        ("http://[::1", False),
        ("http://www.example.gov.cn/a b", False),
        ("http://www.example.gov.cn/\u202egpj.exe", False),
        ("http://www.example.gov.cn/" + "a" * 2000, False),
        ("", False),
    ],
)
def test_only_web_addresses_become_links(url, is_safe):
    assert safe_url(url) == (url if is_safe else "")


def test_numbers_are_written_out():
    written = [number_text(Decimal(text)) for text in ("2.000000", "-0.500000", "1E+3", "100", "4068.208")]
    assert written == ["2", "-0.5", "1000", "100", "4068.208"]


def test_one_line_is_cut_with_a_sign():
    assert one_line("a" * 600) == "a" * 499 + "…"
    assert one_line("a\x00b\ud800c") == "a b c"

"""Whose report it is, for which year, published when, and what it covers."""

from __future__ import annotations

import datetime as dt

import pytest

from flows.documents import Document, Paragraph
from flows.formats import divisions
from flows.reports.dates import main_period, periods_stated, years_in_title
from flows.reports.identity import Hints, Identity, body_in_title, identify
from flows.reports.narrative import read_sections, section_key
from flows.reports.places import find_place


def identity(lines: list[str], hints: Hints | None = None, title: str = "", **metadata: str) -> Identity:
    blocks = tuple(Paragraph(line, f"line {number}") for number, line in enumerate(lines, start=1))
    document = Document("text", title, metadata, blocks)
    return identify(document, read_sections(blocks, report_id="r", reader_version="1"), hints or Hints())


@pytest.mark.parametrize(
    ("title", "body", "year"),
    [
        ("宿迁市2023年政府信息公开工作年度报告", "宿迁市", 2023),
        ("2024年宿迁市政府信息公开工作年度报告", "宿迁市", 2024),
        ("沭阳县发展和改革局２０２３年度政府信息公开年度报告", "沭阳县发展和改革局", 2023),
        ("宿迁市人民政府信息公开工作年度报告（2023年）", "宿迁市人民政府", 2023),
        ("宿迁市教育局关于2022年度政府信息公开工作的年度报告", "宿迁市教育局", 2022),
        ("宿迁市教育局二〇二二年政府信息公开年报", "宿迁市教育局", 2022),
        ("政府信息公开工作年度报告", "", None),
        ("2022年度政府信息公开工作年度报告", "", 2022),
        ("关于放假的通知", "", None),
    ],
)
def test_titles(title: str, body: str, year: int | None) -> None:
    assert (body_in_title(title), years_in_title(title)) == (body, (year,) if year else ())


@pytest.mark.parametrize(
    ("title", "years"),
    [
        ("宿迁市教育局2022-2023年度政府信息公开工作年度报告", (2022, 2023)),
        ("宿迁市教育局2022年—2023年政府信息公开工作年度报告", (2022, 2023)),
        ("宿迁市教育局2022、2023年政府信息公开工作年度报告", (2022, 2023)),
        ("宿迁市教育局2022至2023学年信息公开年度报告", (2022, 2023)),
        ("宿迁市教育局2022-23年度政府信息公开工作年度报告", (2022, 2023)),
        ("宿迁市教育局二〇二二—二〇二三年政府信息公开工作年度报告", (2022, 2023)),
        ("关于2022年政府信息公开工作情况和2023年工作安排的报告", (2022, 2023)),
        ("宿迁市教育局2023年度2023年政府信息公开年报", (2023,)),
        ("宿迁市教育局2023年政府信息公开年报（2024年1月）", (2023,)),
        ("宿迁市教育局2023年政府信息公开年报（2024年1月18日发布）", (2023,)),
        ("宿迁市教育局2023年1月-12月政府信息公开年报", ()),
    ],
)
def test_years_of_a_title(title: str, years: tuple[int, ...]) -> None:
    assert years_in_title(title) == years


TWO_YEARS = "宿迁市教育局2022-2023年政府信息公开工作年度报告"


@pytest.mark.parametrize(
    ("period", "year", "source", "doubt"),
    [
        ("自2023年1月1日至2023年12月31日。", 2023, "stated_period", None),
        ("自2022年1月1日至2022年12月31日。", 2022, "stated_period", None),
        (
            "自2021年1月1日至2021年12月31日。",
            2021,
            "stated_period",
            "The title says 2022 and 2023, the stated period",
        ),
        ("现予公布。", None, None, "The title names the years 2022 and 2023, and the text states no calendar year"),
        ("自2022年9月1日至2023年8月31日。", None, None, "the text states no calendar year"),
        (
            "自2022年1月1日至2022年12月31日和2023年1月1日至2023年12月31日。",
            None,
            None,
            "the periods of 2022 and 2023",
        ),
    ],
)
def test_of_two_years_in_a_title_the_stated_period_decides(
    period: str, year: int | None, source: str | None, doubt: str | None
) -> None:
    hints = Hints(list_title="宿迁市教育局2022年政府信息公开年报", listed_on=dt.date(2024, 1, 20))
    found = identity([TWO_YEARS, period], hints)
    assert (found.report_year, found.report_year_source) == (year, source)
    assert (doubt or "") in (found.identity_doubt or "") and (found.identity_doubt is None) == (doubt is None)


@pytest.mark.parametrize(
    ("lines", "hints", "year", "source", "doubt"),
    [
        (["2023年1月1日至2023年12月31日"], Hints(), 2024, "title", "The stated period says 2023, the title 2024."),
        ([], Hints(list_title="教育局2023年政府信息公开年报"), 2024, "title", "The list says 2023, the title 2024."),
        (["2023年11月30日"], Hints(), 2024, "title", "It is dated 2023-11-30, before the end of 2024"),
        (["2023年11月30日", "2025年1月20日"], Hints(), 2024, "title", None),
        ([], Hints(listed_on=dt.date(2024, 3, 1)), 2024, "title", "It is dated 2024-03-01, before the end of 2024"),
        ([], Hints(listed_on=dt.date(2024, 12, 28)), 2024, "title", None),
    ],
)
def test_a_year_that_is_contradicted_is_doubtful(
    lines: list[str], hints: Hints, year: int, source: str, doubt: str | None
) -> None:
    found = identity(["宿迁市教育局2024年政府信息公开工作年度报告", *lines], hints)
    assert (found.report_year, found.report_year_source) == (year, source)
    assert (found.identity_doubt or "").startswith(doubt or "") and (found.identity_doubt is None) == (doubt is None)


@pytest.mark.parametrize(
    ("url", "listed_on", "year", "source"),
    [
        ("http://127.0.0.1/gk/2022n/jyj.html", None, 2022, "folder"),
        ("http://127.0.0.1/gknb2022/jyj.html", None, 2022, "folder"),
        ("http://127.0.0.1/gk/2022n/2021jyj/a.html", None, None, None),
        ("http://127.0.0.1/art/2022/1/20/art_1.html", None, None, None),
        ("http://127.0.0.1/gk/202201/t20220120_1.html", None, None, None),
        ("http://127.0.0.1/gk/2022n/a.html", dt.date(2023, 1, 20), 2022, "published_on"),
        ("http://127.0.0.1/gk/2023/a.html", dt.date(2023, 1, 20), 2022, "published_on"),
        ("http://127.0.0.1/gk/2019/a.html", dt.date(2023, 1, 20), None, None),
    ],
)
def test_without_words_the_folder_or_the_date_and_always_a_doubt(
    url: str, listed_on: dt.date | None, year: int | None, source: str | None
) -> None:
    found = identity([UNDATED], Hints(entry_url=url, listed_on=listed_on))
    assert (found.report_year, found.report_year_source) == (year, source)
    assert found.identity_doubt


@pytest.mark.parametrize(
    ("title", "site_code", "division_code", "is_doubtful"),
    [
        ("朝阳区2023年政府信息公开工作年度报告", "1101050001", "110105", True),
        ("朝阳区2023年政府信息公开工作年度报告", "", None, True),
        ("朝阳区2023年政府信息公开工作年度报告", "bm56000001", None, True),
        ("县教育局2023年政府信息公开工作年度报告", "3213220037", "321322", True),
        ("沭阳县教育局2023年政府信息公开工作年度报告", "1101050001", "321322", False),
        ("另例县教育局2023年政府信息公开工作年度报告", "3213220037", None, True),
    ],
)
def test_the_site_is_a_hint_and_the_title_decides(
    title: str, site_code: str, division_code: str | None, is_doubtful: bool
) -> None:
    found = identity([title], siteidcode=site_code)
    assert found.division_code == division_code
    assert (found.identity_doubt is not None) == is_doubtful


@pytest.mark.parametrize(
    ("title", "body_id", "level", "kind"),
    [
        ("国家税务总局沭阳县税务局2023年政府信息公开年报", "321322:国家税务总局沭阳县税务局", "county", "department"),
        ("中国人民银行宿迁市分行2023年政府信息公开年报", "321300:中国人民银行宿迁市分行", "city", "department"),
        ("水利部2023年政府信息公开工作年度报告", "999000:水利部", "ministry", "department"),
        ("沭阳县马厂镇2023年政府信息公开年报", "321322:沭阳县马厂镇人民政府", "township", "government"),
        ("沭阳县马厂镇人民政府2023年政府信息公开年报", "321322:沭阳县马厂镇人民政府", "township", "government"),
        ("沭阳县南湖街道2023年政府信息公开年报", "321322:沭阳县南湖街道办事处", "township", "government"),
        ("沭阳县委组织部2023年政府信息公开年报", "321322:沭阳县委组织部", "county", "department"),
        ("县委组织部2023年政府信息公开年报", "unknown:县委组织部", None, "department"),
        ("沭阳县教育局23年政府信息公开年报", "321322:沭阳县教育局", "county", "department"),
        ("沭阳县教育局2022-2023学年信息公开年报", "321322:沭阳县教育局", "county", "department"),
        ("吉林市2023年政府信息公开工作年度报告", "220200:吉林市人民政府", "city", "government"),
    ],
)
def test_bodies_of_many_names(title: str, body_id: str, level: str | None, kind: str) -> None:
    found = identity([title])
    assert (found.body_id, found.level, found.body_kind) == (body_id, level, kind)


def test_a_body_that_only_particulars_name_is_doubtful() -> None:
    found = identity(["发布机构：沭阳县教育局", "2023年政府信息公开工作年度报告", "自2023年1月1日至2023年12月31日。"])
    assert (found.title, found.body_id) == ("2023年政府信息公开工作年度报告", "321322:沭阳县教育局")
    assert found.identity_doubt == "Its title names no body; 沭阳县教育局 is said to have published it."
    source = identity(["来源：沭阳县融媒体中心", "2023年政府信息公开工作年度报告"])
    assert source.body_name == "(unnamed)"


def test_bodies_that_are_not_known_never_pass_for_one() -> None:
    unnamed = Document("text", "", {}, (Paragraph("2023年政府信息公开工作年度报告", "line 1"),))
    ids = {identify(unnamed, [], Hints(), name).body_id for name in ("a" * 32, "b" * 32)}
    assert len(ids) == 2
    ambiguous = ["朝阳区2023年政府信息公开工作年度报告"]
    assert identity(ambiguous, Hints(portal_id="p")).body_id != identity(ambiguous, Hints(portal_id="q")).body_id


def test_two_titles_of_two_years() -> None:
    heading = "沭阳县教育局2023年政府信息公开工作年度报告"
    stale = "沭阳县教育局2022年政府信息公开工作年度报告"
    alone = identity([heading], title=stale)
    assert alone.identity_doubt == "The other title says 2023, the title 2022."
    stated = identity([heading, "自2023年1月1日至2023年12月31日。"], title=stale)
    assert (stated.report_year, stated.report_year_source) == (2023, "stated_period")
    assert identity([heading, "自2023年1月1日至2023年12月31日。"], title=heading).identity_doubt is None


def test_the_registry_goes_before_the_site() -> None:
    registered = Hints(division_code="220100", division_name="长春市", level="city")
    found = identity(["朝阳区2023年政府信息公开工作年度报告"], registered, siteidcode="1101050001")
    assert (found.division_code, found.identity_doubt) == ("220104", None)


def test_a_title_over_two_lines_and_a_place_that_stands_for_its_government() -> None:
    found = identity(["淮安市", "2024 年政府信息公开工作年度报告", "现公布如下。"])
    assert found.title == "淮安市2024年政府信息公开工作年度报告"
    assert (found.body_id, found.level, found.body_kind) == ("320800:淮安市人民政府", "city", "government")


def test_one_body_has_one_name() -> None:
    names = ["江苏省宿迁市沭阳县教育局", "宿迁市沭阳县教育局", "沭阳县教育局", "沐阳县教育局"]
    assert {identity([f"{name}2023年政府信息公开工作年度报告"]).body_id for name in names} == {"321322:沭阳县教育局"}
    hints = Hints(division_code="321322", division_name="沭阳县", level="county")
    assert identity(["县教育局2023年政府信息公开工作年度报告"], hints).body_id == "321322:沭阳县教育局"


def test_of_places_with_one_name_the_hinted_one() -> None:
    same = [division for division in divisions() if division.division_name == "朝阳区"]
    assert len(same) > 1
    assert find_place("朝阳区人民政府", None, None, None).division_code is None
    assert find_place("朝阳区人民政府", "220100", "长春市", "city").division_code == "220104"
    assert find_place("北京市朝阳区人民政府", None, None, None).division_code == "110105"
    assert identity(["朝阳区2023年政府信息公开工作年度报告"]).body_id == "unknown:朝阳区人民政府"


def test_places_that_no_list_has() -> None:
    own = find_place("样本县教育局", "990121", "样本县", "county")
    other = find_place("另例县教育局", "990121", "样本县", "county")
    generic = find_place("城市管理局", "990121", "样本县", "county")
    assert [place.division_code for place in (own, other, generic)] == ["990121", None, "990121"]


def test_the_year_from_title_then_period_then_list_then_date() -> None:
    period = "统计期限自2022年1月1日至2022年12月31日。"
    hints = Hints(list_title="宿迁市教育局2021年政府信息公开年报", listed_on=dt.date(2024, 1, 20))
    cases = [
        (identity(["宿迁市教育局2023年政府信息公开工作年度报告", period], hints), (2023, "title")),
        (identity(["宿迁市教育局政府信息公开工作年度报告", period], hints), (2022, "stated_period")),
        (identity(["宿迁市教育局政府信息公开工作年度报告"], hints), (2021, "list_title")),
        (
            identity(["宿迁市教育局政府信息公开工作年度报告"], Hints(listed_on=dt.date(2024, 1, 20))),
            (2023, "published_on"),
        ),
        (identity(["宿迁市教育局政府信息公开工作年度报告"]), (None, None)),
    ]
    assert [(found.report_year, found.report_year_source) for found, _ in cases] == [
        expected for _, expected in cases
    ]


@pytest.mark.parametrize(
    ("titled", "published_on", "year"),
    [(2022, "2024-01-18", 2023), (2024, "2024-01-18", 2023), (2024, "2025-01-18", 2024)],
)
def test_the_date_decides_between_title_and_stated_period(titled: int, published_on: str, year: int) -> None:
    lines = [f"宿迁市教育局{titled}年政府信息公开工作年度报告", "自2023年1月1日至2023年12月31日。"]
    found = identity(lines, pubdate=published_on)
    assert (found.report_year, str(found.published_on)) == (year, published_on)
    assert found.identity_doubt


UNDATED = "宿迁市教育局政府信息公开工作年度报告"


@pytest.mark.parametrize("line", ["发布时间：2024年1月20日", "2024年1月20日", "2024年1月编"])
def test_a_date_under_a_title_is_not_its_year(line: str) -> None:
    found = identity([UNDATED, line, "统计期限自2023年1月1日至2023年12月31日。"])
    assert (found.title, found.report_year, found.report_year_source) == (UNDATED, 2023, "stated_period")


@pytest.mark.parametrize(
    "line",
    ["沭阳县2021年政府信息公开年报", "首页 > 政务公开 > 2022年度报告", "下一篇：宿豫区2020年政府信息公开年报"],
)
def test_a_line_of_navigation_is_not_the_title(line: str) -> None:
    title = "沭阳县发展和改革局2023年政府信息公开工作年度报告"
    for stated in (title, f"{title}_沭阳县人民政府"):
        found = identity([line, title], title=stated)
        assert (found.title, found.body_id, found.report_year) == (title, "321322:沭阳县发展和改革局", 2023)


def test_a_link_to_another_report_is_no_title() -> None:
    found = identity(["上一篇：沭阳县2021年政府信息公开工作年度报告", UNDATED, "自2023年1月1日至2023年12月31日。"])
    assert (found.title, found.report_year) == (UNDATED, 2023)


@pytest.mark.parametrize(
    ("period_year", "list_year", "expected"),
    [
        (2023, 2023, (2023, "stated_period")),
        (2023, None, (2024, "title")),
        (None, 2023, (2024, "title")),
        (2022, 2023, (2024, "title")),
        (2024, 2023, (2024, "title")),
    ],
)
def test_the_title_yields_only_to_two_that_agree(period_year, list_year, expected) -> None:
    lines = ["宿迁市教育局2024年政府信息公开工作年度报告"]
    lines += [f"自{period_year}年1月1日至{period_year}年12月31日。"] if period_year else []
    hints = Hints(list_title=f"宿迁市教育局{list_year}年政府信息公开年报" if list_year else None)
    found = identity(lines, hints)
    assert (found.report_year, found.report_year_source) == expected


def test_the_date_of_an_address_is_no_report_year() -> None:
    found = identity([UNDATED], Hints(entry_url="https://example.org/art/2019/7/1/art_1_2.html"))
    assert (found.report_year, found.published_on_source) == (None, "url")


def test_a_calendar_year_goes_before_other_periods() -> None:
    texts = ["2019年5月15日至6月30日公示。", "自2023年1月1日起至2023年12月31日止。"]
    assert main_period(periods_stated(texts)) == (dt.date(2023, 1, 1), dt.date(2023, 12, 31))


def test_a_title_that_quotes_a_title() -> None:
    assert body_in_title("关于转发《沭阳县2023年政府信息公开工作年度报告》的通知") == "沭阳县"
    assert body_in_title("2024年1月宿迁市教育局2023年政府信息公开工作年度报告") == "宿迁市教育局"


def test_a_period_of_half_a_year_is_no_report_year() -> None:
    text = "统计期限自2022年1月1日至2023年6月30日。"
    assert main_period(periods_stated([text])) == (dt.date(2022, 1, 1), dt.date(2023, 6, 30))
    assert identity(["宿迁市教育局政府信息公开工作年度报告", text]).report_year is None
    assert periods_stated(["2022年2月30日至2022年12月31日"]) == ()


def test_the_date_from_meta_then_text_then_list_then_url() -> None:
    title = "宿迁市教育局2023年政府信息公开工作年度报告"
    hints = Hints(listed_on=dt.date(2024, 1, 23), entry_url="https://example.org/art/2024/1/24/art_1_2.html")
    url_only = Hints(entry_url="https://example.org/202401/t20240125_1.html")
    found = [
        identity([title, "（2024年1月22日）"], hints, pubdate="2024-01-21 10:00"),
        identity([title, "（2024年1月22日）"], hints),
        identity([title], hints),
        identity([title], url_only),
    ]
    assert [(one.published_on.day, one.published_on_source) for one in found if one.published_on] == [
        (21, "meta"), (22, "text"), (23, "list"), (25, "url"),
    ]  # fmt: skip


def test_a_date_within_the_reported_year_is_not_its_publication() -> None:
    found = identity(
        ["宿迁市教育局2023年政府信息公开工作年度报告", "2023年5月1日"], Hints(listed_on=dt.date(2024, 1, 20))
    )
    assert (found.published_on, found.published_on_source) == (dt.date(2024, 1, 20), "list")


@pytest.mark.parametrize(
    ("title", "opening", "scope"),
    [
        ("淮安市2023年政府信息公开工作年度报告", "全市共收到申请五件。", "aggregate"),
        ("淮安市2023年政府信息公开工作年度报告", "本报告根据各县区、各部门年度报告汇总编制。", "aggregate"),
        ("淮安市2023年政府信息公开工作年度报告", "本报告汇总了市政府及所属部门的数据。", "aggregate"),
        ("淮安市2023年政府信息公开工作年度报告", "现予公布。", "unknown"),
        ("淮安市教育局2023年政府信息公开工作年度报告", "全市共收到申请五件。", "own_body"),
        ("淮安市2023年政府信息公开工作年度报告", "本报告数据仅包括市政府办公室，全市共收到申请五件。", "own_body"),
        ("淮安市2023年政府信息公开工作年度报告", "报告数据不含市政府各部门。", "own_body"),
        ("淮安市教育局2023年政府信息公开工作年度报告", "本报告由各单位的年度报告汇总而成。", "aggregate"),
        ("样本镇人民政府2023年政府信息公开工作年度报告", "现予公布。", "own_body"),
    ],
)
def test_scope(title: str, opening: str, scope: str) -> None:
    assert identity([title, opening]).scope == scope


@pytest.mark.parametrize(
    "printed", ["国办公开办函〔2021〕30号", "国办公开办函[2021]30 号", "国办公开办函（2021）30号"]
)
def test_the_notice_in_one_form(printed: str) -> None:
    assert (
        identity(["宿迁市教育局2023年政府信息公开工作年度报告", f"按照（{printed}）编制。"]).notice_cited
        == "国办公开办函〔2021〕30号"
    )


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("一、总体情况", "overview"),
        ("二、主动公开政府信息情况", "proactive_disclosure"),
        ("三、主动公开政府信息情况", "proactive_disclosure"),
        ("四、因政府信息公开工作被申请行政复议、提起行政诉讼情况", "disputes"),
        ("五、政府信息公开工作存在的主要问题及整改措施", "problems"),
        ("其他需要报告的事项", "other_matters"),
        ("第三部分 收到和处理政府信息公开申请情况", "requests"),
        ("叁、收到和处理政府信息公开申请情况", "requests"),
        ("一、2023年政府信息公开工作总体情况", "overview"),
        ("五、問題及改進情況", "problems"),
        ("（一）主动公开政府信息情况", None),
        ("1.主动公开政府信息情况", None),
        ("三、本年度办理结果", None),
        ("一、本年新收政府信息公开申请数量", None),
        ("主动公开政府信息情况良好，全年公开信息五百余条，其中规范性文件三件，其他信息若干条。", None),
    ],
)
def test_headings_whatever_their_number(line: str, key: str | None) -> None:
    assert section_key(line) == key


OFFICIAL = (
    "总体情况",
    "主动公开政府信息情况",
    "收到和处理政府信息公开申请情况",
    "政府信息公开行政复议、行政诉讼情况",
    "存在的主要问题及改进情况",
    "其他需要报告的事项",
)
KEYS = ("overview", "proactive_disclosure", "requests", "disputes", "problems", "other_matters")


def keys_of(lines: list[str]) -> list[str]:
    blocks = [Paragraph(line, "line") for line in lines]
    return [section.section_key for section in read_sections(blocks, report_id="r", reader_version="1")]


@pytest.mark.parametrize(
    "numbers",
    [
        ["一、", "二、", "三、", "四、", "五、", "六、"],
        ["一、", "三、", "四、", "五、", "六、", "七、"],
        ["一、", "二、", "二、", "三、", "一、", "二、"],
        ["一、", "二、", "3、", "4.", "五、", "六、"],
        ["1.", "2.", "3.", "4.", "5.", "6."],
        ["（一）", "（二）", "（三）", "（四）", "（五）", "（六）"],
        ["第一部分", "第二部分 ", "第三部分：", "第四部分", "第五部分", "第六部分"],
        ["", "", "", "", "", ""],
        ["①", "②", "③", "④", "⑤", "⑥"],
    ],
)
def test_wrong_numbers_do_not_move_a_section(numbers: list[str]) -> None:
    lines = [f"{number}{heading}" for number, heading in zip(numbers, OFFICIAL, strict=True)]
    assert keys_of([text for line in lines for text in (line, "甲。")]) == list(KEYS)


@pytest.mark.parametrize("number", ["（一）", "1.", "1、"])
def test_a_subsection_with_the_words_of_a_section_is_none(number: str) -> None:
    lines = [
        "一、总体情况",
        f"{number}主动公开政府信息情况",
        "乙。",
        "二、主动公开政府信息情况",
        "三、依申请公开情况",
    ]
    assert keys_of(lines) == ["overview", "proactive_disclosure", "requests"]


def test_a_heading_with_its_text_in_one_paragraph() -> None:
    blocks = [
        Paragraph("一、总体情况 2024年，全市受理申请三件。", "line 1"),
        Paragraph("五、存在的主要问题及改进情况：人手不足。", "line 2"),
    ]
    sections = read_sections(blocks, report_id="r", reader_version="1")
    assert [(s.section_key, s.heading, s.section_text) for s in sections] == [
        ("overview", "一、总体情况", "2024年，全市受理申请三件。"),
        ("problems", "五、存在的主要问题及改进情况：", "人手不足。"),
    ]


def test_sections_hold_their_text() -> None:
    blocks = [
        Paragraph(text, "line") for text in ("前言。", "一、总体情况", "甲。", "乙。", "五、存在的主要问题及改进情况")
    ]
    sections = read_sections(blocks, report_id="r", reader_version="1")
    assert [(s.section_ordinal, s.section_key, s.section_text) for s in sections] == [
        (0, "preamble", "前言。"), (1, "overview", "甲。\n乙。"), (2, "problems", ""),
    ]  # fmt: skip

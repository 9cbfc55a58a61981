"""Titles of the forms that portals print; bodies are made up."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from flows.portals.titles import judge, report_year_of, title_rules


@pytest.mark.parametrize(
    "title",
    [
        "示例市2024年政府信息公开工作年度报告",
        "2024年示例市政府信息公开工作年度报告",
        "示例局2019年度政府信息公开年度报告",
        "示例局 2019 年政府信息公开工作年度报告",
        "示例县财政局2024年政府信息公开工作年度报告",
        "示例住房公积金管理中心2024年政府信息公开工作年度报告",
        "示例市统计局2024年度政府信息公开工作报告",
        "示例市审计局关于2024年政府信息公开工作情况的报告",
        "《示例市2024年政府信息公开年报》",
        "示例街道办事处政府信息公开工作年度报告",
        "示例镇二〇二〇年政府信息公开工作年度报告",
        "2024年度政府信息公开工作年度报告",
        "示例区2024年政府信息公开工作年度报告（PDF版）",
        "示例市2024年政府信息公开工作…",
        "示例市2024年政府信息公...",
        "示例网络信息中心2024年政府信息公开工作年度报告",
        "示例市干部培训中心2024年政府信息公开工作年度报告",
        "示例市绩效考核办公室2024年政府信息公开工作年度报告",
        "示例省价格评估中心2024年度政府信息公开年报",
        "示例市第一图书馆2024年政府信息公开工作年度报告",
        "示例市海报博物馆管理局2024年政府信息公开年度报告",
        "示例市政务新媒体中心2024年政府信息公开年度报告",
        "示例市2024年政府信息公开工作年度报告（含解读）",
        "示例市2024年政府信息公开工作年度报告（附：解读）",
        "示例市政府信息公开2024年年度报告",
        "示例市政府信息公开工作2024年度报告",
        "示例市2024年主动公开工作年度报告",
        "示例市2024年政府信息主动公开工作年报",
        "示例市2024年政府信息公开年度工作情况报告",
        "示例市2024年度政府信息公开工作年度总结报告",
        "2024年度政务公开工作年度报告",
        "示例市2024年政务公开年报",
        "政务公开年报（2024）",
        "2024年度报告",
        "2024年年度报告",
        "2024年报",
        "年报（2024）",
        "年度报告2024年度",
    ],
)
def test_accepted(title: str) -> None:
    assert judge(title).is_accepted, judge(title).title_rule


@pytest.mark.parametrize(
    ("title", "rule"),
    [
        ("《示例市2024年政府信息公开工作年度报告》解读", "interpretation"),
        ("一图读懂示例市2024年政府信息公开工作年度报告", "interpretation"),
        ("一图了解示例市2024年政府信息公开工作年度报告", "picture_version"),
        ("图解：示例市2024年政府信息公开工作年度报告", "picture_version"),
        ("示例市2024年政府信息公开工作年度报告（图片版）", "picture_version"),
        ("视频：示例市2024年政府信息公开工作年度报告", "video_version"),
        ("示例市政府网站工作年度报表（2024年度）", "website_report"),
        ("示例市人民政府网站2024年年报", "not_an_annual_report"),
        ("示例市2024年网站年报", "website_report"),
        ("示例市2024年法治政府建设年度报告", "rule_of_law_report"),
        ("示例市2024年政务新媒体年度报告", "new_media_report"),
        ("示例市2024年政务公开工作要点", "work_plan"),
        ("示例市政府信息公开指南", "guide_or_catalogue"),
        ("关于报送2024年政府信息公开工作年度报告的通知", "notice_about_reports"),
        ("示例市开展政府信息公开年度报告编制业务培训", "training_or_assessment"),
        ("示例市举办2024年度业务培训 推进政府信息公开工作年度报告", "training_or_assessment"),
        ("2024年政府信息公开工作第三方评估报告", "training_or_assessment"),
        ("关于2024年政府信息公开工作考核情况的报告", "training_or_assessment"),
        ("海报：示例市2024年政府信息公开工作年度报告", "picture_version"),
        ("示例市2024年政府信息公开工作年度报告（海报）", "picture_version"),
        ("一图速览示例市2024年政府信息公开工作年度报告", "picture_version"),
        ("示例市2024年政府信息公开工作自查报告", "not_an_annual_report"),
        ("示例市2024年政府信息公开工作总结", "not_an_annual_report"),
        ("2024年度示例局政府信息公开工作总结", "not_an_annual_report"),
        ("2024年政务公开工作总结", "not_an_annual_report"),
        ("政务公开年报", "not_an_annual_report"),
        ("图解：示例市2024年政务公开工作年度报告", "picture_version"),
        ("2024年工作报告", "not_an_annual_report"),
        ("2024年度部门决算报告", "finance_report"),
        ("示例市2024年度报告", "not_an_annual_report"),
        ("示例市住房公积金2024年年度报告", "finance_report"),
        ("示例公司2024年年度报告", "company_report"),
        ("示例市举行运动会", "not_an_annual_report"),
        ("", "not_an_annual_report"),
    ],
)
def test_refused_by_name(title: str, rule: str) -> None:
    verdict = judge(title)
    assert not verdict.is_accepted
    assert verdict.title_rule == rule


def test_rules_are_named_once_and_patterns_stand() -> None:
    names = [rule.rule for rule in title_rules()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)


def test_a_very_long_title_is_judged_by_its_beginning() -> None:
    assert judge("示例市2024年政府信息公开工作年度报告" + "长" * 100_000).is_accepted
    assert not judge("长" * 100_000).is_accepted


@pytest.mark.parametrize(
    ("title", "listed_on", "year"),
    [
        ("示例市2024年政府信息公开工作年度报告", dt.date(2023, 1, 1), 2024),
        ("示例市（2019年设立）2024年政府信息公开工作年度报告", None, 2024),
        ("2023年示例市政府信息公开工作年度报告（2024年1月发布）", None, 2023),
        ("示例市政府信息公开年报2022", None, 2022),
        ("示例市政府信息公开２０２２年年度报告", None, 2022),
        ("年报（2022）", dt.date(2024, 1, 1), 2022),
        ("示例市2022-2023年政府信息公开年报", dt.date(2024, 1, 1), None),
        ("示例市2022年、2023年政府信息公开年报", dt.date(2024, 1, 1), None),
        ("示例镇二〇二〇年政府信息公开工作年度报告", None, 2020),
        ("示例镇二○一九年政府信息公开工作年度报告", None, 2019),
        ("示例街道政府信息公开工作年度报告", dt.date(2021, 1, 15), 2020),
        ("示例街道政府信息公开工作年度报告", None, None),
        ("示例市第12024号政府信息公开报告", None, None),
    ],
)
def test_report_years(title: str, listed_on: dt.date | None, year: int | None) -> None:
    assert report_year_of(title, listed_on) == year

"""A city's draft, its report of the year before, and a folder of reports below it, with figures that are known."""

from __future__ import annotations

from pathlib import Path

from tests.unit.reports_builder import Figures, docx_report, made_up_figures, page_of, three_tables

TOTAL = ("requests", "granted", "total")
AGGREGATE = "本报告由各县区、各部门年度报告汇总形成。"


def scaled(factor: int) -> Figures:
    """The made-up figures, the counts of requests and disputes so many times; amounts and changes as they are."""
    return {
        key: str(int(value) * factor) if key[0] != "proactive_disclosure" else value
        for key, value in made_up_figures("2021").items()
    }


def page(title: str, figures: Figures, *, is_aggregate: bool = False) -> bytes:
    """A web page of a report."""
    text = page_of(three_tables("2021", figures), title=title).decode()
    return text.replace("本年度工作平稳。", AGGREGATE if is_aggregate else "本年度工作平稳。").encode()


def draft(folder: Path, figures: Figures | None = None, name: str = "draft.html") -> Path:
    """The draft of 宿迁市 for 2024: what it has of requests is four times the made-up figures."""
    path = folder / name
    path.write_bytes(page("宿迁市2024年政府信息公开工作年度报告", figures or scaled(4), is_aggregate=True))
    return path


def children(folder: Path) -> Path:
    """Two reports that are summed, and one file of every other kind."""
    below = folder / "below"
    (below / "counties").mkdir(parents=True)
    shuyang = page("沭阳县人民政府2024年政府信息公开工作年度报告", scaled(2), is_aggregate=True)
    (below / "counties" / "shuyang.html").write_bytes(shuyang)
    (below / "counties" / "shuyang copy.html").write_bytes(shuyang)
    (below / "education.docx").write_bytes(
        docx_report(three_tables("2021", scaled(1)), title="宿迁市教育局2024年政府信息公开工作年度报告")
    )
    (below / "finance.html").write_bytes(page("市财政局2023年政府信息公开工作年度报告", scaled(1)))
    (below / "huaian.html").write_bytes(page("淮安市2024年政府信息公开工作年度报告", scaled(9), is_aggregate=True))
    (below / "siyang.html").write_bytes(page("泗阳县人民政府2024年政府信息公开工作年度报告", scaled(1)))
    (below / "health 1.html").write_bytes(page("宿迁市卫生健康委员会2024年政府信息公开工作年度报告", scaled(1)))
    (below / "health 2.html").write_bytes(page("宿迁市卫生健康委员会2024年政府信息公开工作年度报告", scaled(2)))
    (below / "notes.html").write_text("<html><body><p>会议纪要</p></body></html>", encoding="utf-8")
    (below / "photo.xyz").write_bytes(bytes(range(256)))
    (below / "~$education.docx").write_bytes(b"\x00")
    draft(below, name="own.html")
    draft(below, scaled(5), name="own earlier.html")
    return below

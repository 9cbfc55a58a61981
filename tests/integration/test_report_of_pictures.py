"""A report that a page shows as pictures one below the other: fetched, kept as one, read as one."""

from __future__ import annotations

import io
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from flows.archive.sightings import ArchivedDocument
from flows.documents import Limits
from flows.records import CellKind, FetchRole, FetchState, ReadState
from flows.reports.archived import read_archived
from flows.sample.index import read_figures, sample_report
from flows.sample.rendering import render
from tests.integration.scripted_portal import (
    COLUMN,
    Collecting,
    Reply,
    ScriptedPortal,
    page,
    trs_column,
    trs_path,
)

KEY = "yangben-xian-2022"
FOLDER = f"{COLUMN}202503/"
JPEG = {"Content-Type": "image/jpeg"}


def file_bytes(picture: Image.Image) -> bytes:
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=90)
    return target.getvalue()


def plain(shade: int, width: int = 900, height: int = 1200) -> Reply:
    return 200, JPEG, file_bytes(Image.new("L", (width, height), shade))


def shows(*names: str) -> Reply:
    pictures = "".join(f"<p><img src='./{name}'></p>" for name in names)
    return page(f"<img src='/images/head.jpg'><div class='TRS_Editor'>{pictures}</div><img src='foot.jpg'>")


def picture_sets(collecting: Collecting) -> list[ArchivedDocument]:
    return [document for document in collecting.index.documents() if document.pictures]


def names(document: ArchivedDocument) -> list[str]:
    return [urlsplit(picture.url).path.rsplit("/", 1)[-1] for picture in document.pictures]


@pytest.fixture
def two_pictures(portal: ScriptedPortal) -> ScriptedPortal:
    """A page whose report is `b.jpg` and, after it, `a.jpg`."""
    trs_column(portal)
    portal.routes[trs_path(2024, 1)] = shows("b.jpg", "a.jpg")
    portal.routes[f"{FOLDER}b.jpg"], portal.routes[f"{FOLDER}a.jpg"] = plain(250), plain(240)
    return portal


def test_pictures_one_after_another_are_read_as_one_report(portal: ScriptedPortal, tmp_path: Path) -> None:
    import pypdfium2 as pdfium

    sample = sample_report(KEY)
    pdf = pdfium.PdfDocument(render(sample, read_figures(sample), "pdf"))
    sheets = [sheet.render(scale=150 / 72).to_pil().convert("L") for sheet in pdf]
    pdf.close()
    dark = sum(sheets[0].histogram()[:128]) / (sheets[0].width * sheets[0].height)
    if dark < 0.01:  # the PDF names a font that its reader brings
        pytest.skip("no font with Chinese characters is installed (Debian: fonts-noto-cjk)")
    trs_column(portal, (2022,))
    order = [f"W{9 - number}.jpg" for number in range(len(sheets))]  # the page's order, not that of the names
    portal.routes[trs_path(2022, 1)] = shows("seal.jpg", *order)
    for name, sheet in zip(order, sheets, strict=True):
        portal.routes[f"{FOLDER.replace('2025', '2023')}{name}"] = (200, JPEG, file_bytes(sheet))
    portal.routes[f"{FOLDER.replace('2025', '2023')}seal.jpg"] = plain(200, 160, 160)
    collecting = Collecting(tmp_path, portal)
    outcome = collecting.run(portal.url + COLUMN)
    assert (outcome.fetched_new, outcome.stopped_reason) == (2 + len(sheets), None)
    assert not any("head.jpg" in path or "foot.jpg" in path for path in portal.paths())
    documents = collecting.index.documents()
    assert [document.fetch_role for document in documents] == ["page", "attachment"]
    (shown,) = picture_sets(collecting)
    assert names(shown) == ["seal.jpg", *order]
    assert (shown.entry_url, shown.list_title) == (
        portal.url + trs_path(2022, 1),
        "示例市2022年政府信息公开工作年度报告",
    )
    rows, problems = read_archived(collecting.settings.archive, documents, {}, Limits())
    assert problems == []
    (report,) = rows["report"]
    assert (report.report_year, report.document_id) == (2022, rows["document"][1].document_id)
    assert [row.read_state for row in rows["document"]] == [ReadState.NOT_A_REPORT, ReadState.READ]
    figures = read_figures(sample)
    taken = {(cell.table_key, cell.row_key, cell.column_key): cell for cell in rows["cell"]}
    doubtful = [key for key, cell in taken.items() if cell.cell_kind in (CellKind.ABSENT, CellKind.TEXT)]
    wrong = [key for key, cell in taken.items() if key not in doubtful and cell.printed != figures[key]]
    assert wrong == [] and len(doubtful) <= 0.05 * len(taken) and taken.keys() == figures.keys()
    places = {cell.place.split(",")[0] for cell in taken.values() if cell.place}
    assert places <= {f"page {number}" for number in range(1, len(sheets) + 1)} and len(places) > 1
    assert collecting.is_valid()


def test_nothing_is_fetched_or_kept_twice(two_pictures: ScriptedPortal, tmp_path: Path) -> None:
    collecting = Collecting(tmp_path, two_pictures, revisit_days=7, revisit_old_days=7)
    assert collecting.run(two_pictures.url + COLUMN).fetched_new == 3
    before = (collecting.index.documents(), collecting.index.transitions())
    assert names(picture_sets(collecting)[0]) == ["b.jpg", "a.jpg"]
    two_pictures.asked.clear()
    outcome = collecting.run(two_pictures.url + COLUMN)
    assert (outcome.not_due, outcome.fetched_new) == (3, 0)
    assert not [path for path in two_pictures.paths() if path.endswith((".jpg", ".html"))]
    assert (collecting.index.documents(), collecting.index.transitions()) == before


def test_another_picture_or_another_order_is_another_version(two_pictures: ScriptedPortal, tmp_path: Path) -> None:
    collecting = Collecting(tmp_path, two_pictures)
    collecting.run(two_pictures.url + COLUMN)
    two_pictures.routes[f"{FOLDER}a.jpg"] = plain(230)
    assert collecting.run(two_pictures.url + COLUMN).changed == 1
    two_pictures.routes[trs_path(2024, 1)] = shows("a.jpg", "b.jpg")
    collecting.run(two_pictures.url + COLUMN)
    sets = sorted(picture_sets(collecting), key=lambda document: document.fetched_at)
    assert [names(document) for document in sets] == [["b.jpg", "a.jpg"], ["b.jpg", "a.jpg"], ["a.jpg", "b.jpg"]]
    assert sets[0].pictures[1].warc_offset != sets[1].pictures[1].warc_offset
    assert collecting.is_valid()


def test_a_picture_that_is_missing_is_said_and_fetched_alone_later(
    two_pictures: ScriptedPortal, tmp_path: Path
) -> None:
    there = two_pictures.routes.pop(f"{FOLDER}a.jpg")
    two_pictures.routes[f"{FOLDER}a.jpg"] = (500, {}, b"")
    collecting = Collecting(tmp_path, two_pictures, revisit_days=7, revisit_old_days=7)
    collecting.run(two_pictures.url + COLUMN)
    assert picture_sets(collecting) == []  # half a report is none
    assert collecting.states()[f"{FOLDER}a.jpg"] == FetchState.UNREACHABLE
    (state,) = collecting.index.entry_states("p")
    assert state.entry_state == FetchState.UNREACHABLE and "a.jpg" in (state.reason or "")
    two_pictures.routes[f"{FOLDER}a.jpg"] = there
    two_pictures.asked.clear()
    collecting.run(two_pictures.url + COLUMN)
    assert [path for path in two_pictures.paths() if path.endswith(".jpg")] == [f"{FOLDER}a.jpg"]
    assert names(picture_sets(collecting)[0]) == ["b.jpg", "a.jpg"]


def test_pictures_elsewhere_too_many_or_none_at_all(two_pictures: ScriptedPortal, tmp_path: Path) -> None:
    collecting = Collecting(tmp_path, two_pictures, pictures_per_entry=1)
    outcome = collecting.run(two_pictures.url + COLUMN)
    assert any("GONGKAI_PICTURES_PER_ENTRY" in notice for notice in outcome.notices)
    two_pictures.routes[trs_path(2024, 1)] = page(
        "<div class='TRS_Editor'><img src='http://elsewhere.example.com/b.jpg'></div>"
    )
    collecting.run(two_pictures.url + COLUMN)
    roles = {fetch.url: (fetch.fetch_role, fetch.fetch_state) for fetch in collecting.index.transitions()}
    assert roles["http://elsewhere.example.com/b.jpg"] == (FetchRole.PICTURE, FetchState.OFF_HOST)
    two_pictures.routes[trs_path(2024, 1)] = shows("b.jpg")
    two_pictures.routes[f"{FOLDER}b.jpg"] = page("<title>none</title>")
    collecting.run(two_pictures.url + COLUMN)
    assert collecting.states()[f"{FOLDER}b.jpg"] == FetchState.WRONG_TYPE
    assert picture_sets(collecting) == []


def test_pictures_beside_an_attachment_are_left(two_pictures: ScriptedPortal, tmp_path: Path) -> None:
    two_pictures.routes[trs_path(2024, 1)] = page(
        "<div class='TRS_Editor'><img src='./b.jpg'><a href='./report.pdf'>年度报告</a></div>"
    )
    two_pictures.routes[f"{FOLDER}report.pdf"] = (200, {}, b"%PDF-1.7 \0")
    collecting = Collecting(tmp_path, two_pictures)
    collecting.run(two_pictures.url + COLUMN)
    assert f"{FOLDER}b.jpg" not in two_pictures.paths()
    assert picture_sets(collecting) == []


def test_pictures_too_small_for_a_page_are_no_report(two_pictures: ScriptedPortal, tmp_path: Path) -> None:
    two_pictures.routes[f"{FOLDER}b.jpg"] = two_pictures.routes[f"{FOLDER}a.jpg"] = plain(255, 300, 300)
    collecting = Collecting(tmp_path, two_pictures)
    collecting.run(two_pictures.url + COLUMN)
    rows, problems = read_archived(collecting.settings.archive, picture_sets(collecting), {}, Limits())
    assert [row.read_state for row in rows["document"]] == [ReadState.NOT_A_REPORT] and problems == []
    assert rows["report"] == []

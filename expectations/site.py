"""Data Docs as a folder of plain pages: no scripts, nothing fetched from elsewhere, and a first page that has all
four outcomes (Great Expectations itself knows success and failure only)."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from flows.records import ExpectationResult, Outcome

TEMPLATES = Path(__file__).parent / "templates"
STYLES = "data_docs.css"

KEPT_ELEMENTS = frozenset(
    "html head title body nav div p span a br hr h1 h2 h3 h4 h5 h6 ul ol li table thead tbody tr th td "  # noqa: SIM905
    "i b strong em small code pre".split()
)
KEPT_ATTRIBUTES = frozenset({"id", "class", "href", "colspan", "rowspan"})
GONE_WITH_CONTENT = "script, style, iframe, object, embed, svg, template, noscript, footer"
"""Great Expectations' pages run scripts, fetch styles and pictures from servers, and show values of a mart and
messages of exceptions without escaping them. So only the elements and attributes that are named here are kept."""


def site_config(folder: Path) -> dict[str, Any]:
    """Great Expectations' configuration of a site of static pages in `folder`."""
    return {
        "class_name": "SiteBuilder",
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_section_builders": {"expectations": "None", "profiling": "None"},
        "show_how_to_buttons": False,
    }


def finish_site(folder: Path, results: Sequence[ExpectationResult], *, as_of: dt.date) -> None:
    """Make the pages in `folder` readable without scripts and without a network, and write the first page."""
    shutil.rmtree(folder / "static", ignore_errors=True)
    styles = (TEMPLATES / STYLES).read_text(encoding="utf-8")
    for page in folder.rglob("*.html"):
        page.write_text(plain_page(page.read_text(encoding="utf-8"), styles), encoding="utf-8")
    (folder / "index.html").write_text(_index(folder, results, styles, as_of), encoding="utf-8")


def replace_folder(finished: Path, place: Path) -> None:
    """Put `finished` in the place of the folder `place`; readers see the old folder or the new one."""
    finished.chmod(0o755)  # mkdtemp's folders are private, Data Docs are for readers
    if place.exists():
        former = Path(tempfile.mkdtemp(prefix=".former-", dir=place.parent))
        place.rename(former / place.name)
        finished.rename(place)
        shutil.rmtree(former)
    else:
        finished.rename(place)


def plain_page(page: str, styles: str) -> str:
    """A page of Great Expectations' as harmless markup with styles of its own."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(page)
    for node in tree.css(GONE_WITH_CONTENT):
        node.decompose()
    for node in tree.css("*"):
        if node.tag not in KEPT_ELEMENTS:
            if node.first_child is None:
                node.decompose()
            else:
                node.unwrap()
            continue
        for name, value in list(node.attributes.items()):
            is_page_of_ours = name != "href" or (value or "").startswith(("#", "../", "./"))
            if name not in KEPT_ATTRIBUTES or not is_page_of_ours:
                del node.attrs[name]
    for node in tree.css("a[href*='/expectations/']"):  # pages that this site does not have
        node.unwrap()
    page_head = f"<head><meta charset='utf-8'><style>{styles}</style>"
    return (tree.html or "").replace("<head>", page_head, 1)


def _index(folder: Path, results: Sequence[ExpectationResult], styles: str, as_of: dt.date) -> str:
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("index.html.j2").render(
        as_of=as_of,
        styles=styles,
        outcomes=[(outcome, Counter(r.outcome for r in results)[outcome]) for outcome in Outcome],
        results=results,
        pages=_pages(folder, results),
    )


def _pages(folder: Path, results: Iterable[ExpectationResult]) -> dict[str, str]:
    """Address of the page that has each expectation, relative to the first page; none for what could not be run."""
    pages: dict[str, str] = {}
    for result in results:
        for page in (folder / "validations").glob(f"{result.suite}/{result.target}/**/*.html"):
            pages[result.expectation_id] = page.relative_to(folder).as_posix()
    return pages

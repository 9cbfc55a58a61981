"""Saved pages of each family, played back: what is asked for, and the listing that comes of it.

A folder `tests/families/<family>` holds `case.yaml` (the column's address and, in their order, the requests that must
be made with the file that answers each; no file: nothing is found there), those files, and `expected.csv`. The pages
are our own text in the shape in which portals publish.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import yaml

from flows.portals.families import FAMILIES
from flows.portals.families.listing import ListRequest
from flows.portals.pages import Page
from flows.portals.titles import judge
from flows.portals.walk import Answered, Walk

FOLDER = Path(__file__).parent
HEAD = ("list_page", "title", "listed_on", "title_rule", "url")


@dataclasses.dataclass
class Case:
    """One family's saved pages."""

    family: str

    def __post_init__(self) -> None:
        self.folder = FOLDER / self.family
        told = yaml.safe_load((self.folder / "case.yaml").read_text(encoding="utf-8"))
        self.column_url: str = told["column_url"]
        self.pages: list[dict[str, Any]] = told["pages"]
        self.asked = 1

    @property
    def column(self) -> Page:
        return Page(self.column_url, self.text(self.pages[0]["file"]))

    @property
    def expected(self) -> str:
        return self.text("expected.csv")

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def answer(self, request: ListRequest, number: int) -> Answered | None:
        """The saved answer to a request, which must be the one that is next."""
        assert self.asked < len(self.pages), f"{self.family}: nothing more is to be asked for, but {request.url} was"
        page = self.pages[self.asked]
        self.asked += 1
        assert request.url == page["url"]
        assert dict(request.form) == page.get("form", {})
        assert (json.loads(request.json_body) if request.json_body else None) == page.get("json")
        assert page.get("headers", {}).items() <= dict(request.headers).items()
        return Answered(Page(request.url, self.text(page["file"])), request.url) if "file" in page else None

    def listing(self) -> str:
        """The rows of all list pages as CSV."""
        walk = Walk(FAMILIES[self.family](self.column_url), self.answer, 20)
        lines = io.StringIO()
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(HEAD)
        for found in walk.pages(Answered(self.column, self.column_url)):
            for row in found.rows:
                writer.writerow([found.number, row.title, row.listed_on or "", judge(row.title).title_rule, row.href])
        return lines.getvalue()

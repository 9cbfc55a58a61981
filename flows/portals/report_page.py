"""The page of a report: what it offers, what it says of itself, and whether it can be a report at all."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from functools import cached_property
from typing import TYPE_CHECKING

from flows.portals.detail import REPORT_WORDS, Attachment, attachments, files_of_text
from flows.portals.metadata import metadata
from flows.portals.pages import Page, names_report_of_year, shown_text
from flows.portals.shown_pictures import is_picture, shown_pictures

if TYPE_CHECKING:
    from flows.settings import Settings

FILES_SEEN = 1000
"""Files looked at on one page; more are counted as so many."""


class ReportPage:
    """A page that a list leads to, as far as it was asked about.

    Args:
        page: the page.
        settings: how many files and pictures of it are fetched.
    """

    def __init__(self, page: Page, settings: Settings) -> None:
        self.page = page
        self._settings = settings

    @cached_property
    def has_tables(self) -> bool:
        """Whether the heads of the report's tables stand on it, so that nothing that it offers is needed."""
        return self.page.has_report_tables

    @cached_property
    def pictures(self) -> list[str]:
        """Addresses of the pictures in its text that may be pages of a report."""
        return shown_pictures(self.page)

    @cached_property
    def _offered(self) -> list[Attachment]:
        shown = set(self.pictures)
        return [file for file in attachments(self.page, FILES_SEEN) if file.url not in shown]

    @property
    def files(self) -> list[Attachment]:
        """The files to fetch: those named like a report first."""
        return self._offered[: self._settings.attachments_per_entry]

    @property
    def pictures_instead(self) -> list[str]:
        """The pictures to fetch: those that it shows where it offers no other file, unless they are too many."""
        is_shown_only = all(is_picture(file.url) for file in self.files)
        return self.pictures if is_shown_only and len(self.pictures) <= self._settings.pictures_per_entry else []

    @property
    def needed(self) -> list[str]:
        """Addresses of the files and pictures to fetch: none where the tables stand on the page itself."""
        return [] if self.has_tables else [*(file.url for file in self.files), *self.pictures_instead]

    @cached_property
    def left_out(self) -> str | None:
        """What it offers and is not fetched, because it is too much; None when nothing is."""
        if self.has_tables:
            return None
        most_files, most_pictures = self._settings.attachments_per_entry, self._settings.pictures_per_entry
        left = []
        if len(self._offered) > most_files:
            left.append(
                f"{len(self._offered)} files, of which {most_files} are fetched (GONGKAI_ATTACHMENTS_PER_ENTRY)"
            )
        if len(self.pictures) > most_pictures:
            most = f"{most_pictures} (GONGKAI_PICTURES_PER_ENTRY)"
            left.append(f"{len(self.pictures)} pictures, more than {most}, so that none is fetched")
        return f"offers {' and '.join(left)}" if left else None

    def says_of_itself(self) -> str | None:
        """What its meta tags and the table of its index entry say: a JSON object by the names of `PageMetadata`."""
        said = dataclasses.asdict(metadata(self.page))
        known = {name: value for name, value in said.items() if value is not None}
        return json.dumps(known, ensure_ascii=False, default=dt.date.isoformat) if known else None

    @cached_property
    def may_be_report(self) -> bool:
        """Whether anything on it is as reports have it; if not, it may be another page that stands in its place.

        A page without any text is written by a script, so that nothing can be said of it.
        """
        if self.has_tables or REPORT_WORDS.search(self.page.title) or self.pictures or not self._text:
            return True
        is_named = any(REPORT_WORDS.search(file.name) for file in self._offered)
        return is_named or bool(files_of_text(self.page))

    @cached_property
    def names_report(self) -> bool:
        """Whether its text names a report with its year, as lists and articles do."""
        return names_report_of_year(self._text)

    @cached_property
    def _text(self) -> str:
        """Its text without blanks."""
        return shown_text(self.page.text)


def report_page(payload: bytes | None, url: str, content_type: str | None, settings: Settings) -> ReportPage | None:
    """What a report's address answered, as a page; None when it is a file or nothing."""
    if payload is None or b"\0" in payload[:4096] or payload.startswith(b"%PDF"):
        return None
    return ReportPage(Page.of(url, payload, content_type), settings)

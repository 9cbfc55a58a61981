"""`--sheet`: the review sheet of a checked report, as HTML or as a Word document."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import InputError
from flows.progress import say
from flows.records import Outcome
from flows.single_file import payload_of

if TYPE_CHECKING:
    from flows.checked_file import CheckedFile
    from flows.review.contents import Review
    from flows.review.words import Language
    from flows.settings import Settings

KINDS = (".docx", ".html")


def refuse_unwritable(target: Path, inputs: Iterable[Path | None]) -> None:
    """Refuse, before anything is read, a place where the sheet cannot be written or would destroy something.

    Raises:
        InputError: its name ends in neither .docx nor .html, its folder is not there, or it is one of the files that
            are to be read.
    """
    if target.suffix.lower() not in KINDS:
        raise InputError(
            f"A review sheet is a Word document or a web page; name it so: {target.with_suffix('.docx')}."
        )
    if not target.parent.is_dir():
        raise InputError(f"There is no folder {target.parent} to write the review sheet into; make it first.")
    if any(path and path.resolve() == target.resolve() for path in inputs):
        raise InputError(f"{target} is one of the files to be read; give the review sheet a name of its own.")


def write_sheet(
    target: Path, path: Path, checked: CheckedFile, settings: Settings, *, last_year: Path | None, language: Language
) -> None:
    """Write the sheet of a checked file; a file of that name is replaced.

    Raises:
        InputError: the file holds no report that can be read yet, so there is nothing to review.
    """
    from flows.review.contents import blocks_of
    from flows.review.html import as_html
    from flows.review.word import as_docx
    from flows.review.words import words_of

    if checked.reading.report is None:
        raise InputError(f"There is nothing to review in {path}. {checked.remark}")
    picture = _picture(path, checked, settings)
    source = last_year.name if last_year else None
    review = review_of(path.name, checked, last_year_source=source, picture=picture)
    blocks = blocks_of(review, language)
    title = str(words_of(language)["title"])
    if target.suffix.lower() == ".html":
        target.write_bytes(as_html(blocks, title=title, language=language))
    else:
        target.write_bytes(as_docx(blocks, title=title))


def review_of(file: str, checked: CheckedFile, *, last_year_source: str | None, picture: bytes | None) -> Review:
    """What the sheet tells of a checked file that holds a report.

    `last_year_source` names the file of last year's report, None where the published copy gave it; `picture` shows
    the pages.
    """
    from flows.quality.file_findings import findings_of
    from flows.review.contents import BelowFile, Review, Sum, Unassessed

    report = checked.reading.report
    assert report is not None  # the caller looked
    children = checked.children
    return Review(
        file=file,
        report=report,
        cells=checked.reading.cells,
        findings=findings_of(checked.results, checked.faults, report),
        passed_count=sum(result.outcome == Outcome.PASSED for result in checked.results),
        unassessed=[
            Unassessed(result.rule_id, result.instance_key, result.reason or "")
            for result in checked.results
            if result.outcome == Outcome.NOT_ASSESSABLE
        ],
        asked=frozenset(result.rule_id for result in checked.results),
        last_year=checked.previous.report if checked.previous else None,
        last_year_source=last_year_source,
        below=None
        if children is None
        else [BelowFile(child.file, child.body_name, child.state, child.reason) for child in children],
        sums={
            figure_key: Sum(one["aggregate_value"], one["member_sum"], one["body_count"])
            for figure_key, one in checked.sums.items()
        },
        leftovers=checked.reading.leftovers,
        remark=checked.remark,
        picture=picture,
    )


def _picture(path: Path, checked: CheckedFile, settings: Settings) -> bytes | None:
    """Its pages with frames, where its format has pages and they can be drawn; the sheet says so where not."""
    from flows.documents.detect import detect_format
    from flows.drawing import DRAWN, picture_of

    if detect_format(payload_of(path, settings)) not in DRAWN:
        return None
    try:
        return picture_of(path, checked.reading, checked.results, settings)
    except InputError as error:
        say(f"the review sheet has no picture of the pages: {error}")
        return None

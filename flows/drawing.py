"""`--picture`: the pages of a report with a frame around each cell that was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import InputError
from flows.records import CellKind, Outcome

if TYPE_CHECKING:
    from flows.pictures.frames import Frame
    from flows.quality.balances import CheckResult
    from flows.reports.reader import Reading
    from flows.reports.workers import Workers
    from flows.settings import Settings

DRAWN = ("pdf", "html", "image")
"""Formats that have pages; a text and a Word document have none until somebody sets them."""
SURE_LEAST = 0.75
"""Confidence below which a cell is marked as doubtful: its label is lost or much unlike the format's."""


def refuse_undrawable(path: Path, target: Path, settings: Settings) -> None:
    """Refuse what has no page to draw, before it is read.

    Raises:
        InputError: the file is no PDF, picture or web page, or the picture is not to be a PNG file.
    """
    if target.suffix.lower() != ".png":
        raise InputError(f"A picture is written as PNG; name it so: --picture {target.with_suffix('.png')}.")
    _drawable(path, settings)


def _drawable(path: Path, settings: Settings) -> tuple[bytes, str]:
    """A file and its format, one of which pictures are drawn."""
    from flows.documents.detect import detect_format
    from flows.single_file import payload_of

    payload = payload_of(path, settings)
    document_format = detect_format(payload)
    if document_format not in DRAWN:
        raise InputError(
            f"{path} is a {document_format} file, which has no page to draw; --picture takes PDF, pictures and web "
            "pages. --explain says the same in words."
        )
    return payload, document_format


def frames_of(reading: Reading, results: Iterable[CheckResult]) -> list[Frame]:
    """A frame for each cell that was located and for each leftover."""
    from flows.pictures.frames import Frame, Mark

    failing = {
        (cell.table_key, cell.row_key, cell.column_key)
        for result in results
        if result.outcome == Outcome.FAILED
        for cell in result.cells
        if cell.year_offset == 0
    }
    frames = []
    for cell in reading.cells:
        if cell.place is None:
            continue
        is_doubtful = cell.doubt or cell.cell_kind == CellKind.TEXT or cell.confidence < SURE_LEAST
        mark = Mark.DOUBTFUL if is_doubtful else Mark.LOCATED
        if (cell.table_key, cell.row_key, cell.column_key) in failing:
            mark = Mark.FAILING
        frames.append(Frame(cell.place, mark, reading.boxes.get(cell.place)))
    known = {frame.place for frame in frames}
    places = dict.fromkeys(leftover.place for leftover in reading.leftovers)
    return frames + [Frame(place, Mark.DOUBTFUL, reading.boxes.get(place)) for place in places if place not in known]


def picture_of(path: Path, reading: Reading, results: Iterable[CheckResult], settings: Settings) -> bytes:
    """PNG of the pages of a file that was read, each cell framed.

    Raises:
        InputError: the pages cannot be drawn, with the reason.
    """
    from flows.documents import Limits
    from flows.pictures.chromium import printed
    from flows.pictures.page_copy import framed_copy
    from flows.pictures.pages import framed_image, framed_pdf, printed_page
    from flows.reports.workers import Workers

    payload, document_format = _drawable(path, settings)
    frames = frames_of(reading, results)
    with Workers.from_settings(settings, 1) as workers:
        if document_format == "html":
            page = _done(workers, framed_copy, payload, Limits.from_settings(settings), frames)
            picture: bytes = _done(workers, printed_page, printed(page), frames)
        else:
            picture = _done(workers, framed_pdf if document_format == "pdf" else framed_image, payload, frames)
    return picture


def _done(workers: Workers, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401
    """What a function makes of a stranger's document, in a process within bounds of time and memory."""
    from flows.reports.worker import Fate

    outcome = workers.run(function, [arguments])[0]
    if outcome.fate == Fate.DONE:
        return outcome.result
    refused = "UnreadableDocument: "
    if outcome.fate == Fate.RAISED and outcome.detail.startswith(refused):
        raise InputError(f"No picture can be drawn: {outcome.detail.removeprefix(refused)}")
    what = {Fate.TIMED_OUT: "takes more than", Fate.OUT_OF_MEMORY: "needs more memory than"}.get(outcome.fate)
    reason = f"it {what} {outcome.detail}" if what else f"drawing it failed ({outcome.detail})"
    raise InputError(f"No picture can be drawn: {reason}.")

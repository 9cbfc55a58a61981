"""The pictures of docs/reading.md, drawn by the tool from made-up documents: `python -m tests.layouts.pictures`.

Needs Chromium. Seeds are fixed, so that the pictures change only when the reader or the documents do.
"""

from __future__ import annotations

import html
import io
import sys
import tempfile
from pathlib import Path

from flows.drawing import picture_of
from flows.explanation import ExplainedRow, explain
from flows.paths import PROJECT_ROOT
from flows.quality.balances import evaluate
from flows.reports.reader import Reading
from flows.settings import Settings
from tests.layouts.judge import read_sample
from tests.layouts.quirks import Sample, draw

FOLDER = PROJECT_ROOT / "docs" / "pictures"
WIDTH_PIXELS = 760
COLOURS = 200
ROW_PIXELS = 21
LEFT, RIGHT, WIDTH = 330, 470, 1010
LONGEST = 24
"""Characters of a label that are shown."""


def spoilt() -> Sample:
    """A page with misprinted labels, two labels lost, a row that the format does not have, and a digit missing."""
    return draw("doc:0", "html", ("digit_missing", "extra_row", "misprints", "some_labels_lost"))


def torn() -> Sample:
    """A page whose labels are torn and misprinted, and all of whose figures are read."""
    return draw("doc:4", "html", ("misprints", "torn_label"))


def framed(sample: Sample) -> bytes:
    """The picture that `--picture` draws, made small."""
    from PIL import Image

    reading = read_sample(sample)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_bytes(sample.payload)
        drawn = Image.open(io.BytesIO(picture_of(path, reading, evaluate(reading.cells), Settings())))
        small = drawn.resize((WIDTH_PIXELS, drawn.height * WIDTH_PIXELS // drawn.width), Image.Resampling.LANCZOS)
        written = io.BytesIO()
        small.quantize(COLOURS).save(written, "PNG", optimize=True)
    return written.getvalue()


def alignment(reading: Reading) -> str:
    """SVG of the rows of the requests table beside those of the format that they were aligned with."""
    rows = [item for item in explain(reading, evaluate(reading.cells)) if item.row.table_key == "requests"]
    table = rows[0].row.place.rpartition(", ")[0]
    places = dict.fromkeys(item.place.rpartition(", cell")[0] for item in reading.leftovers)
    found = [(_row_number(item.row.place), item) for item in rows]
    found += [(_row_number(place), None) for place in places if place.startswith(f"{table},")]
    lines = []
    for position, (_, item) in enumerate(sorted(found, key=lambda entry: entry[0])):
        y = 44 + ROW_PIXELS * position
        label = (
            (item.row.label or "(its label is lost)") if item else "(left over: a row that the format does not have)"
        )
        lines.append(_text(LEFT - 8, y, label, "end", "#222" if item and item.row.label else "#b36b00"))
        if item is not None:
            lines += _pair(item, y, 44 + ROW_PIXELS * rows.index(item))
    height = 60 + ROW_PIXELS * len(found)
    heads = _text(LEFT - 8, 18, "in the document", "end", "#666") + _text(
        RIGHT + 8, 18, "in the format", "start", "#666"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>'
        f"{heads}{''.join(lines)}</svg>\n"
    )


def _row_number(place: str) -> int:
    return int(place.rpartition(" ")[2])


def _pair(item: ExplainedRow, y: int, y_of_format: int) -> list[str]:
    row = item.row
    colour, width = ("#1f6fb2", 2.5) if row.label else ("#f0a202", 1.5)
    told = f"alike {row.label_score:.2f}, margin {row.margin:.2f}"
    ends = f'x1="{LEFT}" y1="{y - 5}" x2="{RIGHT}" y2="{y_of_format - 5}"'
    return [
        f'<line {ends} stroke="{colour}" stroke-width="{width}"/>',
        _text(RIGHT + 8, y_of_format, row.row_label, "start", "#222"),
        _text(WIDTH - 10, y_of_format, told, "end", "#666"),
    ]


def _text(x: int, y: int, words: str, anchor: str, colour: str) -> str:
    plain = "".join(words.splitlines())
    cut = plain if len(plain) <= LONGEST or plain.isascii() else plain[: LONGEST - 1] + "…"
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}">{html.escape(cut)}</text>'


def main() -> None:
    """Draw all pictures anew."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "torn.png").write_bytes(framed(torn()))
    (FOLDER / "spoilt.png").write_bytes(framed(spoilt()))
    (FOLDER / "alignment.svg").write_text(alignment(read_sample(spoilt())), encoding="utf-8")
    print(f"drawn into {FOLDER}", file=sys.stderr)


if __name__ == "__main__":
    main()

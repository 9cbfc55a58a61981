"""Coverage-guided fuzzing of one entry point: `python -m tests.fuzz.guided html|pdf|text SECONDS`.

Needs `atheris`. Whatever is raised, and whatever takes longer than the time of a document, stops it with the input in
a file of the current folder.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["flows"]):
    from flows.documents.html import read_html
    from flows.documents.pdf import read_pdf
    from flows.documents.text import read_text
    from flows.reports.reader import Hints, read_report

from flows.documents import Limits, UnreadableDocument
from tests.fuzz.test_mutations import honest

LIMITS = Limits(document_bytes=4_000_000, document_cells=5_000)
READERS = {
    "html": lambda data: read_html(data.decode("utf-8", "replace"), LIMITS, url="http://a.example/b/c.html"),
    "text": lambda data: read_text(data.decode("utf-8", "replace"), LIMITS),
    "pdf": lambda data: read_pdf(data, LIMITS),
}


def main() -> None:
    """Fuzz one reader for some seconds, starting from honest reports."""
    kind, seconds = sys.argv[1], int(sys.argv[2])

    def look_at(data: bytes) -> None:
        try:
            document = READERS[kind](data)
        except UnreadableDocument:
            return
        read_report(document, document_id="d" * 32, hints=Hints())

    with tempfile.TemporaryDirectory() as corpus:
        for rendering in ("html", "html_word") if kind == "html" else (kind,):
            Path(corpus, rendering).write_bytes(honest(rendering))
        Path(corpus, "small").write_bytes("<table><tr><td>总计</td><td>1</td></tr></table>".encode())
        options = [f"-max_total_time={seconds}", "-timeout=30", "-rss_limit_mb=1024", "-max_len=100000"]
        atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", corpus], look_at)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

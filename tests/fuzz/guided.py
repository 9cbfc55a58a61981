"""Coverage-guided fuzzing of one entry point: `python -m tests.fuzz.guided html|pdf|text|markdown|docx SECONDS`.

Needs `atheris`. Whatever is raised, and whatever takes longer than the time of a document, stops it with the input in
a file of the current folder. Of a Word file only its main part is changed: a changed package does not unpack.
"""

from __future__ import annotations

import sys
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["flows"]):
    from flows.documents.html import read_html
    from flows.documents.pdf import read_pdf
    from flows.documents.text import read_text
    from flows.documents.word import read_word
    from flows.reports.reader import Hints, read_report

from flows.documents import Limits, UnreadableDocument
from tests.fuzz.hostile import rewritten, sample
from tests.fuzz.test_mutations import honest

LIMITS = Limits(document_bytes=4_000_000, document_cells=5_000)
MAIN_PART = "word/document.xml"
PACKAGE = sample("docx")
READERS = {
    "html": lambda data: read_html(data.decode("utf-8", "replace"), LIMITS, url="http://a.example/b/c.html"),
    "text": lambda data: read_text(data.decode("utf-8", "replace"), LIMITS),
    "markdown": lambda data: read_text(data.decode("utf-8", "replace"), LIMITS),
    "pdf": lambda data: read_pdf(data, LIMITS),
    "docx": lambda data: read_word(rewritten(PACKAGE, {MAIN_PART: data}), LIMITS),
}
SMALL = {
    "html": "<table><tr><td rowspan=2>总计</td><td colspan=2>1</td></tr></table>",
    "text": "三、收到和处理政府信息公开申请情况\n总计\t1\n",
    "markdown": "# 三、收到和处理政府信息公开申请情况\n|总计|1|\n|---|---|\n|（六）其他处理|2|\n",
}


def seeds(kind: str) -> dict[str, bytes]:
    """What the fuzzer starts from: whole reports, and for texts a few lines."""
    if kind == "docx":
        with zipfile.ZipFile(BytesIO(PACKAGE)) as package:
            return {kind: package.read(MAIN_PART)}
    found = {rendering: honest(rendering) for rendering in (("html", "html_word") if kind == "html" else (kind,))}
    return found | ({"small": SMALL[kind].encode()} if kind in SMALL else {})


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
        for name, payload in seeds(kind).items():
            Path(corpus, name).write_bytes(payload)
        options = [f"-max_total_time={seconds}", "-timeout=30", "-rss_limit_mb=1024", "-max_len=100000"]
        atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", corpus], look_at)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

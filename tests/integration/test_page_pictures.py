"""Web pages drawn through Chromium: the cells are framed, and a hostile page reaches nothing."""

from __future__ import annotations

import http.server
import io
import shutil
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image

from flows.errors import InputError
from flows.pictures import chromium
from flows.pictures.frames import COLOURS, Mark
from tests.integration.gongkai_process import gongkai
from tests.unit.reports_builder import made_up_figures, page_of, three_tables

needs_chromium = pytest.mark.skipif(not any(map(shutil.which, chromium.PROGRAMS)), reason="Chromium is not installed")


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """Paths that a server on loopback is asked for; the first entry is its address."""

    class Noting(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Noting)
    found = [f"127.0.0.1:{server.server_port}"]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


def hostile(address: str) -> str:
    """What a page may try: each line would ask the server, or write a word if its script ran."""
    port = address.partition(":")[2]
    return f"""
<script>document.title='x'; document.body.append('SCRIPT RAN'); new Image().src='http://{address}/script'</script>
<link rel=stylesheet href='http://{address}/style'><style>@import 'http://localhost:{port}/import';</style>
<img src='http://{address}/image'><img src='//localhost:{port}/image2'><img src=x onerror="location='http://{address}/e'">
<iframe src='http://{address}/frame'></iframe><iframe src='file:///etc/hostname'></iframe>
<object data='http://{address}/object'></object><embed src='http://[::1]:{port}/embed'>
<p style="background:url(http://{address}/background)">shown</p><video src='http://{address}/video'></video>
<meta http-equiv=refresh content='0;url=http://{address}/refresh'><base href='http://{address}/'>
<link rel=preload as=image href='http://{address}/preload'><link rel=dns-prefetch href='//evil.test'>
"""


@needs_chromium
def test_a_hostile_page_makes_no_request_and_is_drawn(tmp_path: Path, asked: list[str]) -> None:
    figures = dict(made_up_figures("2021")) | {("requests", "granted", "total"): "9999"}
    page = tmp_path / "report.html"
    page.write_bytes(page_of(three_tables("2021", figures), before=hostile(asked[0]), after=hostile(asked[0])))
    done = gongkai("check", str(page), "--picture", str(tmp_path / "out.png"), home=tmp_path / "data")
    assert done.returncode == 1, done.stderr
    assert "FAILED" in done.stdout
    picture = Image.open(io.BytesIO((tmp_path / "out.png").read_bytes())).convert("RGB")
    pages = picture.crop((0, 40, picture.width, picture.height))
    counts = {colour: count for count, colour in pages.getcolors(pages.width * pages.height) or []}
    assert counts[COLOURS[Mark.LOCATED]] > counts[COLOURS[Mark.FAILING]] > 1000
    assert COLOURS[Mark.DOUBTFUL] not in counts
    assert len(asked) == 1, asked[1:]


@needs_chromium
def test_chromium_itself_asks_nothing_and_runs_nothing(asked: list[str]) -> None:
    """The second wall: the page as it is, as if our copy had let everything through but the leaving of the page."""
    page = hostile(asked[0]).replace("<meta http-equiv=refresh", "<meta name=x")
    document = pdfium.PdfDocument(chromium.printed(f"<!DOCTYPE html><body>{page}"))
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    assert "shown" in text and "SCRIPT RAN" not in text
    assert len(asked) == 1, asked[1:]


def test_a_browser_that_never_ends_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = tmp_path / "chromium"
    endless.write_text(f"#!/bin/sh\nsleep 600 & echo $! > {tmp_path}/child\nwait\n", encoding="utf-8")
    endless.chmod(endless.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(chromium, "_SECONDS", 1)
    with pytest.raises(InputError, match="within 1 seconds"):
        chromium.printed("<p>x</p>")
    child = Path("/proc") / (tmp_path / "child").read_text(encoding="utf-8").strip()
    until = time.monotonic() + 10
    while child.exists() and "\nState:\tZ" not in (child / "status").read_text(encoding="utf-8"):
        assert time.monotonic() < until, "the child goes on"
        time.sleep(0.05)

"""What is installed: Python, packages against the lock, models, fonts, and the programs that some documents need."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import io
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from flows.operation.check import Check, missing, ok, wrong
from flows.paths import PROJECT_ROOT

PYTHON = (3, 11)
LOCK = PROJECT_ROOT / "requirements.lock"
LOCKED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)", re.MULTILINE)
NAMED = 5
VERSION_SECONDS = 60
"""A program that takes longer to say its version does not start on this machine."""
OFFICE = ("soffice", "libreoffice")
_FONT_PIXELS = 200


def check_python(version: tuple[int, int] = (sys.version_info.major, sys.version_info.minor)) -> Check:
    """The interpreter's version."""
    found = ".".join(map(str, version))
    if version == PYTHON:
        return ok("python", found)
    wanted = ".".join(map(str, PYTHON))
    return wrong("python", found, f"install Python {wanted} and make the environment anew (make distclean install)")


def check_packages(lock: Path = LOCK) -> Check:
    """Installed packages against the lock."""
    if not lock.is_file():
        return missing("packages", f"{lock} is not there", "install gongkai from a checkout, which has the lock")
    locked = {found["name"]: found["version"] for found in LOCKED.finditer(lock.read_text(encoding="utf-8"))}
    absent, other = [], []
    for name, version in locked.items():
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            absent.append(name)
            continue
        if installed != version:
            other.append(f"{name} {installed} (the lock says {version})")
    remedy = "make install"
    if other:
        return wrong("packages", f"{len(other)} of another version: {_some(other)}", remedy)
    if absent:
        return missing("packages", f"{len(absent)} not installed: {_some(absent)}", remedy)
    return ok("packages", f"{len(locked)}, all as in {lock.name}")


def check_models() -> Check:
    """The models that read scans and pictures, which come with their package."""
    spec = importlib.util.find_spec("rapidocr_onnxruntime")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    models = [path for folder in folders for path in Path(folder).rglob("*.onnx") if path.stat().st_size]
    if len(models) < 2:
        return missing("models", "rapidocr-onnxruntime has no models: scans stay unread", "make install")
    return ok("models", f"{len(models)} for scans and pictures")


def check_fonts() -> Check:
    """Whether PDFium draws Chinese of a PDF that embeds no font, as the sample's and many real ones."""
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfgen.canvas import Canvas

    registerFont(UnicodeCIDFont("STSong-Light"))
    page = io.BytesIO()
    canvas = Canvas(page, pagesize=(_FONT_PIXELS, _FONT_PIXELS))
    canvas.setFont("STSong-Light", _FONT_PIXELS // 4)
    canvas.drawString(10, _FONT_PIXELS // 2, "年报")
    canvas.save()
    if _has_ink(page.getvalue()):
        return ok("fonts", "Chinese is drawn where a PDF embeds no font")
    return missing(
        "fonts",
        "no Chinese font: pictures of pages lack text, and some PDF files that embed no font are read with gaps",
        "Debian: apt install fonts-noto-cjk",
        is_needed=False,
    )


def check_libreoffice() -> Check:
    """The program for old Word files."""
    return _program(
        "libreoffice", OFFICE, "doc, wps and rtf files stay unread", "Debian: apt install libreoffice-writer-nogui"
    )


def check_chromium() -> Check:
    """The program that draws pictures of web pages."""
    from flows.pictures.chromium import PROGRAMS

    return _program("chromium", PROGRAMS, "--picture draws no web pages", "Debian: apt install chromium")


def _program(name: str, commands: Sequence[str], without: str, remedy: str) -> Check:
    program = next(filter(None, map(shutil.which, commands)), None)
    if program is None:
        return missing(name, f"the command {commands[0]} is not found: {without}", remedy, is_needed=False)
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=VERSION_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        return wrong(name, f"{program} does not start ({fault}): {without}", remedy, is_needed=False)
    if said.returncode:
        reason = " ".join(said.stderr.split())[:200]
        return wrong(name, f"{program} does not start ({reason}): {without}", remedy, is_needed=False)
    return ok(name, " ".join(said.stdout.split())[:100])


def _has_ink(pdf: bytes) -> bool:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        return bool(document[0].render(scale=1, grayscale=True).to_numpy().min() < 128)
    finally:
        document.close()


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")

"""Old binary and rich-text documents (doc, wps, rtf): converted to docx by LibreOffice when it is installed.

Each conversion is a process of its own with a profile in a temporary folder, a time limit, no macros and no proxy to
reach a network by; what it writes is read as any other docx.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import subprocess
import tempfile
from pathlib import Path

from flows.documents.document import Document, UnreadableDocument
from flows.documents.limits import Limits
from flows.documents.word import read_word
from flows.records import ReadState
from flows.settings import child_environment

_SECONDS = 25
"""A report takes three to five. Less than a whole document has (`GONGKAI_DOCUMENT_SECONDS`), so that the program is
ended by the process that started it."""
_NOWHERE = "http://127.0.0.1:9"
"""The discard port: a picture that a document links to is not fetched."""
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel"><value>3</value></prop>
<prop oor:name="DisableMacrosExecution"><value>true</value></prop>
<prop oor:name="BlockUntrustedRefererLinks"><value>true</value></prop>
</item>
</oor:items>
"""


def read_office(payload: bytes, limits: Limits, *, document_format: str) -> Document:
    """Document of a doc, wps or rtf file.

    Raises `UnreadableDocument`: unsupported where LibreOffice is not installed, unreadable where it makes nothing of
    the file, timed_out where it takes too long.
    """
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise UnreadableDocument(
            f"This is a {document_format} file, which is read through LibreOffice; install it (Debian: apt install "
            "libreoffice-writer-nogui) so that the command soffice is found.",
            ReadState.UNSUPPORTED,
        )
    converted = _converted(program, payload, document_format)
    if len(converted) > limits.document_bytes:
        raise UnreadableDocument(
            f"The {document_format} file becomes larger than {limits.document_bytes} bytes.", ReadState.TOO_LARGE
        )
    return dataclasses.replace(read_word(converted, limits), document_format=document_format)


def _converted(program: str, payload: bytes, document_format: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="gongkai-office-") as folder:
        home = Path(folder)
        profile = home / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
        source = home / f"document.{document_format}"
        source.write_bytes(payload)
        command = [
            program,
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--norestore",
            "--nolockcheck",
            "--convert-to",
            "docx:MS Word 2007 XML",
            "--outdir",
            str(home / "out"),
            str(source),
        ]
        proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), _NOWHERE)
        _run(command, child_environment(HOME=folder, **proxies), document_format)
        try:
            return (home / "out" / "document.docx").read_bytes()
        except OSError as error:
            raise UnreadableDocument(
                f"LibreOffice makes no text of this {document_format} file (a spreadsheet, or broken); look at "
                "its page."
            ) from error


def _run(command: list[str], environment: dict[str, str], document_format: str) -> None:
    """Run the conversion; on its time limit the program and all that it started are ended.

    It stays in the process group of the process that reads, with which it ends (`flows.reports.workers`), and has its
    bound of memory.
    """
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise UnreadableDocument(
            f"LibreOffice did not convert this {document_format} file within {_SECONDS} seconds.", ReadState.TIMED_OUT
        ) from error
    finally:
        if process.poll() is None:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
    process.kill()
    process.wait()

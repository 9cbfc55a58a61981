"""Printing a page with Chromium: no network, no JavaScript, a profile that is thrown away, a bound of time."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from flows.errors import InputError
from flows.settings import child_environment

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 60
"""An honest page takes two."""
_PRINTED_BYTES_MOST = 60 * 1024 * 1024
_PREFERENCES = {"profile": {"default_content_setting_values": {"javascript": 2, "images": 2}}}
"""2 is Chromium's word for "block". A switch that turns scripts off would also turn off its own printing."""
_NOWHERE = "http://127.0.0.1:9"
"""The discard port, in the place of any proxy."""


def printed(page: str) -> bytes:
    """PDF of a page as Chromium prints it.

    Raises:
        InputError: Chromium is not installed, takes too long or makes nothing of the page.
    """
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise InputError(
            "A picture of a web page is drawn by Chromium, which is not installed; install it (Debian: apt install "
            "chromium) so that the command chromium is found."
        )
    with tempfile.TemporaryDirectory(prefix="gongkai-page-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        source, target = home / "page.html", home / "page.pdf"
        preferences = home / "profile" / "Default" / "Preferences"
        preferences.parent.mkdir(parents=True)
        preferences.write_text(json.dumps(_PREFERENCES), encoding="utf-8")
        source.write_text(page, encoding="utf-8", errors="replace")
        _run(_command(program, home, source, target), child_environment(HOME=folder, TMPDIR=folder))
        try:
            if target.stat().st_size > _PRINTED_BYTES_MOST:
                raise InputError("Printed, the page is too large for a picture.")
            return target.read_bytes()
        except FileNotFoundError as error:
            raise InputError(
                "Chromium could not print the page; try whether it starts: chromium --version."
            ) from error


def _command(program: str, home: Path, source: Path, target: Path) -> list[str]:
    options = [
        "--headless",
        "--disable-gpu",
        "--disable-extensions",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--mute-audio",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--proxy-server={_NOWHERE}",
        "--proxy-bypass-list=<-loopback>",
        f"--user-data-dir={home / 'profile'}",
        "--no-pdf-header-footer",
        f"--print-to-pdf={target}",
    ]
    if os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium does not start for root otherwise
    return [program, *options, source.as_uri()]


def _run(command: list[str], environment: dict[str, str]) -> None:
    """Run Chromium; it and all that it started are ended when it is done or its time is up."""
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise InputError(f"Chromium did not print the page within {_SECONDS} seconds.") from error
    finally:
        with contextlib.suppress(ProcessLookupError):  # all gone already
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

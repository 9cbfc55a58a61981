"""Our own process and those it starts: stopping at once when asked to, and ending what a killed run left behind."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

EXIT_INTERRUPTED = 130
SERVER_MARK = "prefect.server.api.server"
"""What the command line of Prefect's temporary server holds."""


def stop_at_interrupt() -> None:
    """From now on Ctrl-C ends this process and its children at once, with one sentence.

    Nothing is to be put in order first: a torn last record of the archive is repaired when it is next opened, batches
    and the published copy are renamed into place when whole, and the warehouse rolls back. Waiting instead would mean
    to wait for Prefect's temporary server, which the terminal has interrupted as well.
    """
    signal.signal(signal.SIGINT, _stop)


def _stop(signum: int, frame: FrameType | None) -> None:
    os.write(sys.stderr.fileno(), b"gongkai: Stopped. Run the same command again to go on where it was.\n")
    _end_children()
    os._exit(EXIT_INTERRUPTED)


def _end_children() -> None:
    import psutil

    for child in psutil.Process().children(recursive=True):
        try:
            child.terminate()
        except psutil.Error:
            continue  # gone already


def allow_open_files(count: int) -> None:
    """Let this process have so many files and sockets open, as far as the system lets it."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keep the calling thread on the core that all such threads of this process share.

    Python runs one of them at a time on however many cores there are. Handing the interpreter from core to core at
    every wait took more than half as much time again as the work of collecting itself.
    """
    if not hasattr(os, "sched_setaffinity"):  # Linux alone has it
        yield
        return
    before = os.sched_getaffinity(0)  # 0: the calling thread
    os.sched_setaffinity(0, {sorted(before)[os.getpid() % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def end_orphans(prefect_home: Path) -> None:
    """End temporary Prefect servers that a killed run of ours left behind: same folder, parent gone."""
    import psutil

    for process in psutil.process_iter(["ppid", "cmdline"]):
        if SERVER_MARK not in " ".join(process.info["cmdline"] or []):
            continue
        try:
            is_ours = process.environ().get("PREFECT_HOME") == str(prefect_home)
            parent = process.parent()
            if is_ours and (parent is None or parent.pid == 1):
                process.terminate()
        except psutil.Error:
            continue  # another user's, or gone already

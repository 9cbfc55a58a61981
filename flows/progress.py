"""Progress and logs: one line a thing, for people on a terminal, as JSON lines elsewhere when asked for."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

LOG = logging.getLogger("gongkai")


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"), "level": record.levelname.lower()}
        return json.dumps({**line, "message": record.getMessage()}, ensure_ascii=False)


def show_progress(*, is_quiet: bool = False, as_json: bool = False) -> None:
    """Send our own log lines to standard error; warnings only when quiet."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else logging.Formatter("%(message)s"))
    LOG.handlers[:] = [handler]
    LOG.setLevel(logging.WARNING if is_quiet else logging.INFO)
    LOG.propagate = False


def keep_log(path: Path) -> None:
    """Send what our modules log (tracebacks among it) to a file, made with its first line."""
    handler = _LogFile(path, delay=True, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    modules = logging.getLogger("flows")
    modules.handlers[:] = [handler]
    modules.propagate = False


class _LogFile(logging.FileHandler):
    def emit(self, record: logging.LogRecord) -> None:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        super().emit(record)


def say(message: str) -> None:
    """One line of progress."""
    LOG.info(message)


def warn(message: str) -> None:
    """One line about something that did not go as it should; the work goes on."""
    LOG.warning(message)

"""Work that is put in its place whole: made in a folder beside it, and what a killed run left of such is cleared."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".unfinished-"


@contextmanager
def folder_beside(target: Path) -> Iterator[Path]:
    """A folder on the same disk as `target`, gone afterwards; those that killed runs left there are cleared first.

    A folder in use is locked by the process that uses it, so that no other clears it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f"{PREFIX}*"):
        _clear(left)
    folder, descriptor = _locked_folder(target.parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def flush(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if folder.is_dir():  # unless another process took it for a leftover before it was locked
            return folder, descriptor
        os.close(descriptor)


def _clear(left: Path) -> None:
    try:
        descriptor = os.open(left, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # gone meanwhile, or not ours to open
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(left, ignore_errors=True)
    except BlockingIOError:
        pass  # in use
    finally:
        os.close(descriptor)

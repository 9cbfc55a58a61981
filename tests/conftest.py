"""What holds for every test: processes beside each other must name the same tests."""

from __future__ import annotations


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes are named by their length: packed bytes carry the second in which each worker made them.

    A name that differs from one worker to the next stops the whole run before its first test.
    """
    return f"{len(val)}-bytes" if isinstance(val, bytes) else None

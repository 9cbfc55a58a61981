"""One check of the doctor: what was looked at, how it stands, and what to do where it does not."""

from __future__ import annotations

import dataclasses
from enum import StrEnum


class CheckState(StrEnum):
    """How what was looked at stands."""

    OK = "ok"
    MISSING = "missing"
    WRONG = "wrong"


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor."""

    name: str
    state: CheckState
    found: str
    remedy: str = ""
    """What to do; empty where it is ok."""
    is_needed: bool = True
    """False for what gongkai runs without, with something left undone."""


def ok(name: str, found: str) -> Check:
    """It is as it should be."""
    return Check(name, CheckState.OK, found)


def missing(name: str, found: str, remedy: str, *, is_needed: bool = True) -> Check:
    """It is not there."""
    return Check(name, CheckState.MISSING, found, remedy, is_needed)


def wrong(name: str, found: str, remedy: str, *, is_needed: bool = True) -> Check:
    """It is there and not as it should be."""
    return Check(name, CheckState.WRONG, found, remedy, is_needed)

"""Reads `dialects.yaml`: what families are told that is data, not code."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

DIALECTS = Path(__file__).with_name("dialects.yaml")


@cache
def _dialects() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(DIALECTS.read_text(encoding="utf-8"))
    return found


def dialect(family: str) -> Any:  # noqa: ANN401 - each family knows the shape of its own
    """The entry of a family. Raises KeyError when it has none."""
    return _dialects()[family]

"""What is remembered is asked once; what is long is asked each time."""

from __future__ import annotations

import pytest

from flows.reports.remembered import CHARACTERS_MOST, remembered


@pytest.mark.parametrize(
    ("texts", "times"),
    [("收到", 1), ("", 1), (("收到", "3"), 1), (("x" * CHARACTERS_MOST,), 1), ("x" * (CHARACTERS_MOST + 1), 2),
     (("x" * CHARACTERS_MOST, "y"), 2)],
)  # fmt: skip
def test_short_texts_are_looked_at_once(texts: str | tuple[str, ...], times: int) -> None:
    asked: list[object] = []

    @remembered(8)
    def looked_at(texts: str | tuple[str, ...], more: int) -> int:
        asked.append(texts)
        return len(texts) + more

    assert looked_at(texts, 1) == looked_at(texts, 1) == len(texts) + 1
    assert len(asked) == times
    assert looked_at(texts, 2) == len(texts) + 2


def test_no_more_is_remembered_than_is_said() -> None:
    asked: list[str] = []

    @remembered(1)
    def looked_at(text: str) -> None:
        asked.append(text)

    for text in "aabba":
        looked_at(text)
    assert asked == ["a", "b", "a"]

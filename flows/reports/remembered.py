"""Remembering what texts mean that most reports share: labels, heads, rows of noughts."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

CHARACTERS_MOST = 1_000
"""What has more is no label and no row of figures."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


def remembered(maxsize: int) -> Callable[[_Function], _Function]:
    """`lru_cache` for a function whose first parameter is a text or a tuple of texts.

    Long ones are looked at anew each time, so that no document takes the memory of those read after it.
    """

    def decorate(function: _Function) -> _Function:
        kept = lru_cache(maxsize)(function)

        @wraps(function)
        def ask(texts: str | tuple[str, ...], *others: Any) -> Any:  # noqa: ANN401 - as the function has it
            return (kept if len("".join(texts)) <= CHARACTERS_MOST else function)(texts, *others)

        return cast(_Function, ask)

    return decorate

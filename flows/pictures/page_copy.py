"""A harmless copy of a web page's article, with frames: what a browser may be given to print.

Of the page only what is needed to look like it stays: no scripts, no pictures, no style sheets, no frames, no links,
and of its attributes only the few below. A policy in its head forbids the browser to load anything besides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from flows.documents import Limits, UnreadableDocument
from flows.documents.encoding import decode
from flows.pictures.frames import COLOURS, FRAME_PIXELS, PAGE_WIDTH_PIXELS, Frame, Mark
from flows.records import ReadState

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

COPY_BYTES_MOST = 8 * 1024 * 1024
_REMOVED = (
    "script, style, link, meta, base, title, iframe, frame, frameset, object, embed, applet, noscript, noframes, "
    "noembed, template, svg, math, img, picture, source, video, audio, track, canvas, input, button, select, "
    "textarea, option, xmp, plaintext, listing, portal, dialog, marquee"
)
_ATTRIBUTES = frozenset({"colspan", "rowspan", "align", "valign", "border", "cellpadding", "cellspacing", "hidden"})
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9%]{0,12}")
_PROPERTIES = frozenset(
    """text-align vertical-align font-weight text-decoration text-indent display visibility mso-hide width color
    background-color border border-top border-bottom border-left border-right border-collapse""".split()  # noqa: SIM905
)
_PLAIN_STYLE = re.compile(r"[A-Za-z0-9#%. -]{1,60}")
"""No brackets, so no address; no backslash, so nothing that only looks harmless."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_FRAME = "data-gongkai-frame"


def framed_copy(payload: bytes, limits: Limits, frames: Sequence[Frame]) -> str:
    """The article of a page with the elements of the framed places outlined.

    Raises `UnreadableDocument` for a page beyond the limits, and for one that is too large to be printed.
    """
    from flows.documents.html import elements_by_place

    article, elements = elements_by_place(decode(payload), limits)
    if article is None:
        raise UnreadableDocument("The page has no body, so there is nothing to frame.")
    chosen = {place: elements[place] for frame in frames if (place := _element_place(frame)) in elements}
    for element in article.css(_REMOVED):
        element.decompose()
    for element in article.css("*"):
        _clean(element)
    for frame in sorted(frames, key=lambda frame: list(Mark).index(frame.mark)):
        if _element_place(frame) in chosen:
            chosen[_element_place(frame)].attrs[_FRAME] = frame.mark.name.lower()
    copy = _page(article.html or "")
    if len(copy) > COPY_BYTES_MOST:
        raise UnreadableDocument("The page is too large to be printed for a picture.", ReadState.TOO_LARGE)
    return copy


def _element_place(frame: Frame) -> str:
    """Place of the element that is outlined: of a figure in a line of text the line."""
    return frame.place.split(", figure")[0]


def _clean(element: LexborNode) -> None:
    for name, value in list(element.attributes.items()):
        kept = _harmless(name, value or "")
        if kept is None:
            del element.attrs[name]
        elif kept != value:
            element.attrs[name] = kept


def _harmless(name: str, value: str) -> str | None:
    """What stays of an attribute; None for nothing."""
    if name == "style":
        return "; ".join(_declarations(value.split(";"))) or None
    return value if name in _ATTRIBUTES and _PLAIN_VALUE.fullmatch(value) else None


def _declarations(stated: Iterable[str]) -> Iterable[str]:
    for declaration in stated:
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name.lower() in _PROPERTIES and _PLAIN_STYLE.fullmatch(value):
            yield f"{name}: {value}"


def _page(article: str) -> str:
    outlines = "".join(
        f'[{_FRAME}="{mark.name.lower()}"] {{ outline: {FRAME_PIXELS}px solid rgb{COLOURS[mark]} !important; '
        f"outline-offset: -{FRAME_PIXELS}px; }}"
        for mark in Mark
    )
    style = (
        f"@page {{ size: {PAGE_WIDTH_PIXELS}px {PAGE_WIDTH_PIXELS * 14 // 10}px; margin: 20px; }}"
        "body { font: 15px sans-serif; color: black; background: white; }"
        "table { border-collapse: collapse; max-width: 100%; } td, th { border: 1px solid #999; padding: 2px 5px; }"
        f"{outlines}"
    )
    return (
        '<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><style>{style}</style></head>'
        f"<body>{article}</body></html>"
    )

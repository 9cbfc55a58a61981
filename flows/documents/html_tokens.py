"""A parsed page as a sequence of tags, each with the text behind it, without what is not shown.

Lexbor writes its tree down with every element closed, every attribute quoted and few characters as entities. Regular
expressions can therefore tell tags from text, which is several times faster than asking for node after node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborNode

VOID = frozenset(
    """area base basefont bgsound br col embed frame hr img input keygen link meta param source track
    wbr""".split()  # noqa: SIM905
)
"""Elements that are written down without an end."""
_ENTITIES = (("&nbsp;", "\u00a0"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_STRUCK = frozenset({"del", "s", "strike"})
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|text-decoration[^;]*line-through", re.IGNORECASE
)
_MAY_HIDE = "[hidden], del, s, strike"
_STYLE = re.compile(r'style="(?=([^"]*+))')
"""Looks ahead without going there, so that the same words in a text do not hide the attribute behind them."""
_BLANK = r" \t\n\f\r"
_ATTRIBUTES = rf'(?: =?[^{_BLANK}/>=]*+="[^"]*+")*+'
_UNSEEN = (
    rf"<!--.*?-->|<(script|style|iframe|noembed|noframes){_ATTRIBUTES}>.*?</\1>"
    rf"|</?[a-z][^{_BLANK}/><]*+<[^{_BLANK}/>]*+{_ATTRIBUTES}>"
)
"""What is written down as it is, not as markup; and tags run together (`<p<b>`), which name no element."""
_NO_TEXT = re.compile(_UNSEEN, re.DOTALL)
_NO_BLOCK = re.compile(rf"</?(?:span|font|b|strong|a|i|em|u|o:p){_ATTRIBUTES}>|{_UNSEEN}", re.DOTALL)
"""What of a page on which nothing is hidden says nothing: that, and elements that begin no block."""
_TOKEN = re.compile(rf"<(/)?(?:([a-z][^{_BLANK}/>]*+)({_ATTRIBUTES})>)?([^<]*+)(?(1)|(?:(</)\2>([^<]*+))?)")
_ATTRIBUTE = re.compile(rf' (=?[^{_BLANK}/>=]*)="([^"]*)"')

Token = tuple[str, str, str, str, str, str]
"""A slash if the tag ends an element, its name, its attributes as they are written, and the text that follows it.

If the element ends behind nothing but that text, which is how most cells are, the token has it whole: something that
is true, and the text behind it.
"""


def tokens_of(root: LexborNode) -> list[Token]:
    """Tags that mean something and the text behind each, in document order; what is not shown is left out."""
    page = root.html or ""
    styles = {*_STYLE.findall(page)}  # thousands of elements have a few styles between them
    if root.css_first(_MAY_HIDE) is None and not any(map(_HIDING_STYLE.search, styles)):
        return _TOKEN.findall(_NO_BLOCK.sub("", page))
    tokens = _TOKEN.findall(_NO_TEXT.sub("", page))
    return [*tokens[:1], *_shown(tokens[1:])]


def _shown(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens outside of hidden elements."""
    depth = 0  # inside a hidden element
    for token in tokens:
        ends, tag, attributes, text, is_whole, behind = token
        if not depth and (ends or not _is_hidden(tag, attributes)):
            yield token
            continue
        if tag and tag not in VOID and not is_whole:
            depth += -1 if ends else 1
        if not depth:
            yield ("", "", "", behind if is_whole else text, "", "")


def _is_hidden(tag: str, attributes: str) -> bool:
    """Whether an element is not shown, or struck out and so not meant."""
    if tag in _STRUCK:
        return True
    named = named_attributes(attributes)
    return "hidden" in named or _HIDING_STYLE.search(named.get("style", "")) is not None


def layout_tables(tokens: Sequence[Token]) -> set[int]:
    """Tables that only arrange a page: those with at least as many cells in inner tables as of their own.

    A table is named by the index of its token.
    """
    layout: set[int] = set()
    open_tables: list[list[int]] = []  # [index, own cells, cells of inner tables]
    for index, (ends, tag, _, _, is_whole, _) in enumerate(tokens):
        if tag == "table" and not is_whole:
            if not ends:
                open_tables.append([index, 0, 0])
            elif open_tables:
                began, own, inner = open_tables.pop()
                if inner and inner >= own:
                    layout.add(began)
                if open_tables:
                    open_tables[-1][2] += own + inner
        elif open_tables and not ends and tag in {"td", "th"}:
            open_tables[-1][1] += 1
    return layout


def named_attributes(attributes: str) -> dict[str, str]:
    """Attributes of a tag by name, their values as they are written."""
    return dict(_ATTRIBUTE.findall(attributes))


def plain(text: str) -> str:
    """Text as it is meant, its entities replaced."""
    if "&" in text:
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
    return text

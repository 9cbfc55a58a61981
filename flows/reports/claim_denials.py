"""Claims of nought: sentences that deny, as 未收到政府信息公开申请."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from flows.reports.claim_clause import unsaid
from flows.reports.claim_text import Number, boundaries
from flows.reports.claim_words import Token, objects, verbs

_DENIALS_MOST = 20
"""No sentence denies more often."""
_REACH = 30
"""A denial reaches so many characters, to the end of its clause at most."""


def denials(text: str, tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[tuple[int, str, str, str]]:
    """Place, printed words, verb and object of each denial; one with a number in its clause is none."""
    negations = [token for token in tokens if token.kind == "negation"]
    for token in negations[:_DENIALS_MOST]:
        stop = next((place - 1 for place in boundaries(text) if place > token.end), len(text))
        stop = min(stop, token.end + _REACH)
        start = max([0, *(place for place in boundaries(text) if place <= token.start)])
        if any(start <= number.start < stop for number in numbers) or _is_of_some(text, tokens, start, token.start):
            continue
        reached = [other for other in tokens if token.end <= other.start < stop]
        said = [other for other in reached if other.kind == "verb"]
        named = [other for other in reached if other.kind == "object"]
        if any(not verbs()[other.key].is_deniable for other in said):
            continue
        verb = said[-1] if said else None
        if verb and not named and not unsaid(text, tokens, token.end, verb.start) and verbs()[verb.key].is_implied:
            yield token.start, text[token.start : verb.end], verb.key, verbs()[verb.key].objects[0]
        elif named:
            found = _pair(verb, named[-1], is_bare=token.end == named[-1].start)
            whole = not _is_narrowed(text, reached, token.end, named[-1].start)
            if found and whole and text[named[-1].end : stop] in _TAILS:
                yield token.start, text[token.start : (verb or token).end], *found


_SAYS_NOTHING = re.compile("(?:过|到|任何|有关|相关|一件|[，,])*")


def _is_of_some(text: str, tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether words before a denial say that it is about others than the whole body (部分单位未收到)."""
    before = [token for token in tokens if start <= token.start and token.end <= end]
    named = [token.end for token in before if token.kind == "body"]
    return unsaid(text, before, max([start, *named]), end)


def _is_narrowed(text: str, reached: Sequence[Token], start: int, end: int) -> bool:
    """Whether words between a denial and its object leave only a part of it (未收到涉密的申请)."""
    between = [token for token in reached if token.end <= end]
    places = {place for token in between for place in range(token.start, token.end)}
    others = "".join(text[place] for place in range(start, end) if place not in places)
    return any(token.kind == "qualifier" for token in between) or _SAYS_NOTHING.fullmatch(others) is None


_TAILS = frozenset({"", "的情况", "情况", "案件", "等情况", "的情形", "事项", "发生", "的案件", "等"})
"""What may follow the object of a denial; other words would narrow what is denied (无申请逾期)."""


def _pair(verb: Token | None, named: Token, *, is_bare: bool) -> tuple[str, str] | None:
    """Verb and object that are denied; `is_bare`: nothing stands between the denial and the object."""
    if verb and named.key in verbs()[verb.key].objects:
        return verb.key, named.key
    term = objects()[named.key]
    default = term.denied_verb if is_bare else term.default_verb
    return (default, named.key) if default and (verb is None or verb.key == "filed") else None

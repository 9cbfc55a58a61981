"""One number in its clause: what the words before and behind it say that it counts."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from flows.reports.claim_binding import Saying
from flows.reports.claim_text import BRACKETED, Number, boundaries
from flows.reports.claim_words import Term, Token, objects, verbs

_SAYING = frozenset({"verb", "object", "qualifier"})
_SILENT = frozenset({"filler", "period", "body"})
_HYPOTHETICAL = frozenset({"negation", "planned", "average"})
_CHANGES = frozenset({"increase", "decrease"})
_JOINS = ("和", "及", "与", "、", "或")
_JOINED_VERBS = re.compile(r"(?:的|类)?(?:、|和|及|与|或|或者|以及)(?:其他|属于|因)?")
_LIST_OF_NUMBERS = re.compile(r"[、和及，,]?")
_CLAUSE_MOST = 120
"""A longer run of words before a number is a paragraph without marks; who can tell what it counts?"""
_WORDS_TO_OBJECT = 12
"""Between a number and the object behind it stand at most so many characters (3件关于……的申请)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """What is understood from before: the object last named, and what the last number counted."""

    object_key: str | None = None
    last: Saying | None = None
    is_of_part: bool = False
    """Whether it was a part of the object that was spoken of last (关于征地的申请)."""


class Clause:
    """A number with the words before it (back to the clause that says something) and behind it."""

    def __init__(self, text: str, tokens: Sequence[Token], floor: int, number: Number, end: int) -> None:
        self.text, self.number, self.end = text, number, end
        places = [floor, *(place for place in boundaries(text) if floor < place <= number.start)]
        start = places.pop()
        while places and not _says_something(text, tokens, start, number.start):
            start = places.pop()
        self.start = start
        base = text.rfind("占", start, number.start) if _is_share(number) else -1
        self.stop = base if base >= 0 else number.start
        """End of the words that say what is counted: behind 占 stands what it is a share of."""
        self.left = [token for token in tokens if start <= token.start and token.end <= self.stop]
        self.right = [token for token in tokens if number.end <= token.start and token.end <= end]
        self.reach = number.end
        """End of what belongs to the number, a verb behind it included."""

    def saying(self, context: Context) -> Saying | None:  # noqa: PLR0911 - one answer a way of saying it
        """What the number counts, None when that cannot be told."""
        if self._is_no_fact():
            return None
        named, joint = self._last_object()
        if joint:
            return None
        qualifier = next((token.key for token in reversed(self.left) if token.kind == "qualifier"), None)
        verb = self._last_verb(named)
        if verb and self._is_joint(verb):
            return None  # 予以公开、部分公开共12件: how many of each?
        follower = self._following_verb()
        if follower and verb:
            if not re.search(r"中，?[^，]{0,2}$|有$", self.text[self.start : self.stop]):
                return None  # 上年结转3件予以公开: which of the two is counted?
            verb, named = follower, None
        elif follower:
            verb = follower
        if follower:
            self.reach = follower.end
        if verb and named:
            if self._residue(min(max(verb.end, named.end), self.stop) if not follower else named.end):
                return None  # 受理申请的窗口有2个 counts windows
            return self._put(verb.key, named.key, qualifier, verb, named)
        if verb:
            return self._with_verb_only(verb, qualifier, context)
        if named:
            return self._with_object_only(named, qualifier, context)
        if context.last and (qualifier or self._refers_back()):
            return self._as_before(context.last, qualifier)
        return self._with_qualifier_behind(context) or self._with_object_behind()

    def _as_before(self, last: Saying, qualifier: str | None) -> Saying | None:
        if self._residue(self.start) or not self._counts(last.object_key):
            return None
        said = self._put(last.verb, last.object_key, qualifier or last.qualifier)
        return dataclasses.replace(said, is_of_part=last.is_narrowed or last.is_of_part)

    def _is_no_fact(self) -> bool:
        before = self.text[self.start : self.stop]
        is_hypothetical = any(token.kind in _HYPOTHETICAL for token in self.left)
        is_shared = before.endswith("各") or self.text[: self.number.start].endswith(
            ("）", BRACKETED)
        )  # （含部分公开）12件
        return self.is_compared_with or is_hypothetical or is_shared or len(before) > _CLAUSE_MOST

    @property
    def is_compared_with(self) -> bool:
        """Whether it is the number of another year, as in 较上年的12件增加3件."""
        return any(token.kind == "comparison" for token in self.left) and not self._changes()

    def _refers_back(self) -> bool:
        """Whether a change or a share is stated, of what the number before counts."""
        return self.stop < self.number.start or self._changes()

    def _changes(self) -> bool:
        return any(token.kind in _CHANGES for token in self.left)

    def _last_object(self) -> tuple[Token | None, bool]:
        """The last object before the number, and whether it is one of several that are counted together."""
        named = [token for token in self.left if token.kind == "object"]
        if not named:
            return None, False
        last = named[-1]
        before = last.start - 1
        is_word_end = any(token.start < before < token.end for token in self.left)  # the 及 of 涉及 joins nothing
        joint = before > self.start and self.text[before] in _JOINS and not is_word_end
        joint |= any(token.end == last.start for token in named)  # 行政许可申请 is a request for something else
        return (last, joint) if self._counts(last.key) else (None, True)

    def _last_verb(self, named: Token | None) -> Token | None:
        said = [token for token in self.left if token.kind == "verb"]
        if named:
            said = [token for token in said if named.key in verbs()[token.key].objects]
        return said[-1] if said else None

    def _is_joint(self, verb: Token) -> bool:
        """Whether it is one of several verbs that are counted together."""
        others = [token for token in self.left if token.kind == "verb" and token.key != verb.key]
        return any(_JOINED_VERBS.fullmatch(self.text[other.end : verb.start]) for other in others)

    def _following_verb(self) -> Token | None:
        """A verb that belongs to the number before it, as in 另有3件结转下年."""
        first = next((token for token in self.right if token.kind in _SAYING), None)
        if first is None or first.kind != "verb" or not verbs()[first.key].is_after:
            return None
        if unsaid(self.text, self.right, self.number.end, first.start):
            return None
        return None if unsaid(self.text, self.right, first.end, self.end) else first  # 3件答复不规范 answers nothing

    def _with_verb_only(self, verb: Token, qualifier: str | None, context: Context) -> Saying | None:
        term = verbs()[verb.key]
        behind = self._object_behind()
        if behind:
            fits = behind.key in term.objects and self._counts(behind.key)
            fits = fits and not (term.is_after and self._is_preceded(verb.start))  # 对不予公开的3件申请复核
            return self._put(verb.key, behind.key, qualifier, verb) if fits else None
        if verb.end <= self.stop and self._residue(verb.end):
            return None
        object_key = _understood(term, context.object_key)
        if object_key is None or not self._counts(object_key, is_named=object_key == context.object_key):
            return None
        if term.is_after and self._is_preceded(verb.start):
            return None  # 一审维持3件 is not the final result
        said = self._put(verb.key, object_key, qualifier, verb)
        return dataclasses.replace(said, is_of_part=context.is_of_part and object_key == context.object_key)

    def _with_object_only(self, named: Token, qualifier: str | None, context: Context) -> Saying | None:
        default = objects()[named.key].default_verb
        if self._residue(named.end):
            return None
        if default and not self._changes():
            return self._put(default, named.key, qualifier, named)
        last = context.last
        if last and not self._residue(self.start, named) and named.key in verbs()[last.verb].objects:
            return self._put(last.verb, named.key, qualifier, named)
        return None

    def _with_object_behind(self) -> Saying | None:
        behind = self._object_behind()
        default = objects()[behind.key].default_verb if behind else None
        if behind is None or default is None or not self._counts(behind.key):
            return None
        return self._put(default, behind.key, None)

    def _with_qualifier_behind(self, context: Context) -> Saying | None:
        """As in 其中37件为自然人提出."""
        saying = [token for token in self.right if token.kind in _SAYING]
        if not context.last or len(saying) != 1 or saying[0].kind != "qualifier":
            return None
        if unsaid(self.text, self.right, self.number.end, saying[0].end):
            return None
        return self._as_before(context.last, saying[0].key)

    def _object_behind(self) -> Token | None:
        saying = [token for token in self.right if token.kind in _SAYING]
        if not saying or saying[0].kind != "object" or saying[0].start - self.number.end > _WORDS_TO_OBJECT:
            return None
        return saying[0]

    def _counts(self, object_key: str, *, is_named: bool = True) -> bool:
        """Whether the object is counted in the number's unit; a share of it always is, and so is nought (为零)."""
        term = objects()[object_key]
        units = term.units if is_named else term.sure_units
        return _is_share(self.number) or self.number.unit in units or not self.number.unit

    def _residue(self, start: int, *used: Token) -> bool:
        """Whether words that are not understood, or verbs and objects that are not used, stand before the number."""
        own = [token for token in self.left if token in used or token.kind not in {"verb", "object"}]
        return unsaid(self.text, own, start, self.stop)

    def _is_preceded(self, place: int) -> bool:
        """Whether words that are not understood stand in the clause before a place, the name of a body apart."""
        place = min(place, self.stop)
        start = max([self.start, *(token.end for token in self.left if token.kind == "body" and token.end <= place)])
        return unsaid(self.text, self.left, start, place)

    def _put(self, verb: str, object_key: str, qualifier: str | None, *used: Token) -> Saying:
        first = min((token.start for token in used), default=self.stop)
        narrowed = self._is_preceded(first) or self._residue(first, *used)
        if not narrowed and (behind := self._object_behind()) and behind.key == object_key:
            narrowed = unsaid(self.text, self.right, self.number.end, behind.start)
        return Saying(verb, object_key, qualifier, narrowed)


def _understood(term: Term, object_key: str | None) -> str | None:
    """The object of a verb that stands alone."""
    if object_key in term.objects:
        return object_key
    if object_key and objects()[object_key].has_cases:
        return None
    return term.objects[0] if term.is_implied else None


def respectively(
    text: str, tokens: Sequence[Token], numbers: Sequence[Number], index: int, floor: int, context: Context
) -> dict[int, Saying | None]:
    """What the numbers behind 分别 count: as many verbs, qualifiers or objects before it, or nothing can be told."""
    start = max([floor, *(place for place in boundaries(text) if place <= numbers[index].start)])
    before = text[start : numbers[index].start]
    if "分别" not in before:
        return {}
    run = [index]
    while run[-1] + 1 < len(numbers) and _LIST_OF_NUMBERS.fullmatch(
        text[numbers[run[-1]].end : numbers[run[-1] + 1].start]
    ):
        run.append(run[-1] + 1)
    own = [token for token in tokens if start <= token.start and token.end <= numbers[index].start]
    said = {kind: [token.key for token in own if token.kind == kind] for kind in _SAYING}
    sayings: list[Saying | None] = [None] * len(run)
    if len(run) > 1 and not unsaid(text, own, start, numbers[index].start):
        if len(said["verb"]) == len(run) and len(said["object"]) <= 1:
            named = said["object"][0] if said["object"] else context.object_key
            sayings = [_paired(verb, _understood(verbs()[verb], named), None) for verb in said["verb"]]
        elif len(said["qualifier"]) == len(run) and context.last:
            sayings = [Saying(context.last.verb, context.last.object_key, key, False) for key in said["qualifier"]]
        elif len(said["object"]) == len(run) and not said["verb"]:
            sayings = [_paired(objects()[key].default_verb, key, None) for key in said["object"]]
    return dict(zip(run, sayings, strict=True))


def _paired(verb: str | None, object_key: str | None, qualifier: str | None) -> Saying | None:
    return Saying(verb, object_key, qualifier, False) if verb and object_key else None


def _says_something(text: str, tokens: Sequence[Token], start: int, end: int) -> bool:
    own = [token for token in tokens if start <= token.start and token.end <= end]
    return any(token.kind not in _SILENT for token in own) or unsaid(text, own, start, end)


def unsaid(text: str, tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether characters stand between two places that belong to no word of the data."""
    covered = {place for token in tokens if token.kind != "noise" for place in range(token.start, token.end)}
    return any(place not in covered and text[place] not in "，,。○、" for place in range(start, end))


def _is_share(number: Number) -> bool:
    return number.unit in {"%", "个百分点", "百分点"}


def end_of_clause(text: str, numbers: Sequence[Number], index: int) -> int:
    """End of the clause behind a number; the number itself when the next one stands in the same clause."""
    end = numbers[index].end
    stop = next((place - 1 for place in boundaries(text) if place > end), len(text))
    pause = text.find("、", end, stop)
    if pause >= 0:
        stop = pause
    following = numbers[index + 1].start if index + 1 < len(numbers) else len(text)
    return end if following < stop else stop

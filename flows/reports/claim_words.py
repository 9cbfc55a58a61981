"""The words that numeric claims are made of, read from `claim_words.yaml`: data, which code only interprets."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

WORDS = Path(__file__).with_name("claim_words.yaml")


@dataclasses.dataclass(frozen=True, slots=True)
class Term:
    """One key of the data with all that it says; what a kind of term does not have is empty."""

    key: str
    objects: tuple[str, ...] = ()
    units: frozenset[str] = frozenset()
    sure_units: frozenset[str] = frozenset()
    """Units that count the object even where it is not named (予以公开3件, but not 予以公开3条)."""
    has_cases: bool = False
    """Whether its cases are received, answered and carried over as requests are."""
    default_verb: str | None = None
    denied_verb: str | None = None
    """What is denied where a denial names the object alone (无申请)."""
    column: str | None = None
    is_after: bool = False
    is_deniable: bool = False
    is_implied: bool = False
    """Whether the verb alone says which object is meant."""


@dataclasses.dataclass(frozen=True, slots=True)
class Token:
    """A word found in a sentence; `kind` is the group of the data it belongs to."""

    kind: str
    key: str
    start: int
    end: int


@dataclasses.dataclass(frozen=True, slots=True)
class Binding:
    """The cell that counts what a verb and an object say."""

    table_key: str
    row_key: str
    column_key: str
    note: str | None


KINDS = (
    "noise", "verb", "object", "qualifier", "period", "body", "negation", "planned", "average", "comparison",
    "increase", "decrease", "filler",
)  # fmt: skip
"""Kinds of token; of two words of the same length the kind that stands first here wins."""


@cache
def lexicon() -> Mapping[str, Any]:
    """The data file as it stands."""
    found: Mapping[str, Any] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return found


@cache
def verbs() -> Mapping[str, Term]:
    """Verbs by key."""
    return {
        row["key"]: Term(
            key=row["key"],
            objects=tuple(row["objects"]),
            is_after=row.get("after", False),
            is_deniable=row.get("deniable", False),
            is_implied=row.get("implies", False),
        )
        for row in lexicon()["verbs"]
    }


@cache
def objects() -> Mapping[str, Term]:
    """Objects by key."""
    return {
        row["key"]: Term(
            key=row["key"],
            units=frozenset(row["units"]),
            sure_units=frozenset(row.get("sure_units", row["units"])),
            has_cases=row.get("has_cases", False),
            default_verb=row.get("default_verb"),
            denied_verb=row.get("denied_verb", row.get("default_verb")),
        )
        for row in lexicon()["objects"]
    }


@cache
def qualifiers() -> Mapping[str, Term]:
    """Qualifiers by key: the applicant, the channel."""
    return {row["key"]: Term(key=row["key"], column=row.get("column")) for row in lexicon()["qualifiers"]}


@cache
def bindings() -> Mapping[tuple[str, str], Binding]:
    """Cells by verb and object."""
    return {
        (row["verb"], row["object"]): Binding(row["table"], row["row"], row.get("column", "total"), row.get("note"))
        for row in lexicon()["bindings"]
    }


def find_tokens(text: str, kinds: Sequence[str] = KINDS) -> list[Token]:
    """The words of a sentence in order; where two overlap the one that begins first counts, then the longer one."""
    found = sorted(
        (match.start(), -match.end(), rank, match.lastindex or 0)
        for rank, kind in enumerate(kinds)
        for match in _pattern(kind)[0].finditer(text)
    )
    tokens: list[Token] = []
    reached = 0
    for start, minus_end, rank, group in found:
        if start >= reached:
            reached = -minus_end
            tokens.append(Token(kinds[rank], _pattern(kinds[rank])[1][group - 1], start, reached))
    return tokens


@cache
def _words(kind: str) -> Sequence[tuple[str, str]]:
    """Key and regular expression of each word of a kind, long ones first."""
    data = lexicon()
    if kind in {"verb", "object", "qualifier"}:
        words = [(row["key"], word) for row in data[f"{kind}s"] for word in row["words"]]
    elif kind in {"period", "body"}:
        words = [
            (key, word) for key, group in data["periods" if kind == "period" else "bodies"].items() for word in group
        ]
    else:
        words = [(kind, word) for word in data[kind if kind in data else f"{kind}s"]]
    return sorted(words, key=lambda entry: -len(entry[1]))


@cache
def _pattern(kind: str) -> tuple[re.Pattern[str], Sequence[str]]:
    """A regular expression of all words of a kind, and the key of what ends in each of its groups."""
    words = [(key, way) for key, word in _words(kind) for way in written_out(f"(?:{word})")]
    pattern = re.compile("|".join(f"{way}()" for _, way in words))
    assert pattern.groups == len(words)  # no word has a group of its own that captures
    return pattern, [key for key, _ in words]


def written_out(word: str) -> Iterator[str]:
    """A word's regular expression parted by how it begins, in the order of trying: 由上年, 上年 for `(?:由)?上年`.

    Where all alternatives begin with a character of their own, `re` runs from one such character to the next in place
    of trying every word at every place, which takes a fifth of the time.
    """
    parts, rest = _parted(word) if word.startswith("(?:") else ([], "")
    if parts and not rest.startswith(("*", "+", "{")):
        for part in parts:
            yield from written_out(part + rest.removeprefix("?"))
        if rest.startswith("?"):
            yield from written_out(rest[1:])
    elif match := _SET.match(word):
        yield from (re.escape(character) + word[match.end() :] for character in match[1])
    elif match := _OPTIONAL.match(word):
        yield match[1] + word[match.end() :]
        yield from written_out(word[match.end() :])
    else:
        yield word


_SET = re.compile(r"\[([^\]\\^-]+)\](?![?*+{])")
"""Some characters of which a word may begin with any, no range among them."""
_OPTIONAL = re.compile(r"(\w)\?(?![?+])")


def _parted(word: str) -> tuple[list[str], str]:
    """The alternatives of the group that a word begins with, and what stands behind the group."""
    depth, begin = 0, len("(?:")
    parts = []
    for place, character in enumerate(word):
        depth += (character == "(") - (character == ")")
        if not depth or (character == "|" and depth == 1):
            parts.append(word[begin:place])
            begin = place + 1
        if not depth:
            break
    return parts, word[begin:]


def holds_denial(text: str) -> bool:
    """Whether any word of a text denies."""
    return _pattern("negation")[0].search(text) is not None

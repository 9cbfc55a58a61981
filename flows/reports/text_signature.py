"""A signature of what a report says in words, by which texts that are nearly the same are found among millions.

The text is cut into shingles of five characters; a MinHash of 128 values stands for the set of them, and of each
value its lowest six bits are kept (b-bit minwise hashing: P. Li, A. C. König, WWW 2010). The share of values that two
signatures have in common tells how like the texts are; what matches by chance, one in 64, is taken off in
`fct_text_likeness`.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import yaml

from flows.records import Report, Section, TextSignature

SIGNATURE_LENGTH = 128
"""Values of a signature: the likeness of two texts is told to about 0.04 either way."""
SHINGLE_LENGTH = 5
SEED = 1
PART_LEAST = 12
"""A shorter part of the text is a heading or says too little."""
TEXT_MOST = 200_000
"""Characters of a report's text that are looked at; the longest real ones have some tens of thousands."""
_PRESCRIBED = Path(__file__).with_name("prescribed_text.yaml")
_SIGNS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
_PART = re.compile(r"[。；;！!？?\n]")
_NOT_HAN = re.compile(r"[^\u4e00-\u9fff]")
_OWN = re.compile(r"[我本](?:省|市|县|区|旗|州|镇|乡|街道|厅|局|委|办|院|机关|单位|部门)")
"""How a text names its own body; whoever copies it changes that."""


def text_signature(report: Report, sections: Sequence[Section]) -> TextSignature:
    """Signature of a report's sections without figures, names of its own body and what the format prescribes."""
    text = "\n".join(section.section_text for section in sections)[:TEXT_MOST]
    shingles = shingles_of(text, (report.body_name, report.division_name or ""))
    return TextSignature(report.report_id, report.reader_version, len(shingles), signature_of(shingles))


def shingles_of(text: str, own_names: Iterable[str] = ()) -> set[str]:
    """Runs of five Chinese characters in the parts of a text; parts may stand in another order in another text."""
    names = sorted({name for name in own_names if name}, key=len, reverse=True)
    found: set[str] = set()
    for part in _PART.split(text):
        if _prescribed().search(part):
            continue
        for name in names:
            part = part.replace(name, "")  # noqa: PLW2901 - what is left of the part
        words = _NOT_HAN.sub("", _OWN.sub("我", part))
        if len(words) >= PART_LEAST:
            found.update(words[place : place + SHINGLE_LENGTH] for place in range(len(words) - SHINGLE_LENGTH + 1))
    return found


def signature_of(shingles: Iterable[str]) -> str:
    """128 characters, each six bits of one minimum; the same for the same set, whatever the order."""
    from rensa import RMinHash

    sketch = RMinHash(num_perm=SIGNATURE_LENGTH, seed=SEED)
    sketch.update(list(shingles))
    return "".join(_SIGNS[value % len(_SIGNS)] for value in sketch.digest())


@cache
def _prescribed() -> re.Pattern[str]:
    return re.compile("|".join(yaml.safe_load(_PRESCRIBED.read_text(encoding="utf-8"))))

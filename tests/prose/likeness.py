"""How well texts that were copied are told from texts that only speak of the same: recall and false alarms.

`python -m tests.prose.likeness` makes up reports' texts from parts of sentences (`phrases.yaml`), copies some with
names and figures changed, edits copies more and more, and looks for them with the model `fct_text_likeness`.
`--reports 1000000` times the model on that many made-up signatures instead.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb
import yaml

from flows.quality.models import model_sql
from flows.reports.text_signature import shingles_of, signature_of

MODEL = "fct_text_likeness"
"""Its statement is over a table `int_text_signatures`."""
PHRASES = Path(__file__).with_name("phrases.yaml")
SENTENCES_OF_A_TOPIC = 3
FINDING_LEAST = Decimal("0.7")
"""Likeness from which a text counts as nearly that of another."""
COPIES = {"names and figures changed": 0.0, "a tenth rewritten": 0.1, "a quarter rewritten": 0.25, "half": 0.5}
"""Share of the sentences of a copy that are written anew."""
TEXTS = 200
SEED = 1


@cache
def topics() -> list[list[list[str]]]:
    """By topic, the options of each part of a sentence."""
    found: list[list[list[str]]] = yaml.safe_load(PHRASES.read_text(encoding="utf-8"))
    return found


def sentence(topic: Sequence[Sequence[str]], chance: random.Random) -> str:
    """A sentence on a topic, with figures and the name of the body by chance."""
    words = "".join(chance.choice(options) for options in topic)
    return chance.choice(["{body}", "我{kind}", "", ""]) + words.replace(
        "。", chance.choice(["。", "，共{figure}次。"])
    )


def made_up(chance: random.Random) -> list[str]:
    """A text as sentences; its names and figures are left open."""
    return [sentence(topic, chance) for topic in topics() for _ in range(SENTENCES_OF_A_TOPIC)]


def copied(text: Sequence[str], rewritten: float, chance: random.Random) -> list[str]:
    """The text with that share of its sentences written anew."""
    places = set(chance.sample(range(len(text)), round(len(text) * rewritten)))
    topic_of = [topic for topic in topics() for _ in range(SENTENCES_OF_A_TOPIC)]
    return [sentence(topic_of[place], chance) if place in places else words for place, words in enumerate(text)]


def signed(text: Sequence[str], body: str, chance: random.Random) -> tuple[int, str]:
    """Shingles and signature of a text as a body publishes it, with figures of its own."""
    kind = body[-1]
    filled = [words.format(body=body, kind=kind, figure=chance.randrange(900)) for words in text]
    shingles = shingles_of("\n".join(filled), (body,))
    return len(shingles), signature_of(shingles)


def likenesses(reports: Sequence[tuple[str, int, str]]) -> dict[tuple[str, str], Decimal]:
    """Likeness of each pair that the model finds among reports (id, shingles, signature) of as many bodies."""
    with duckdb.connect() as connection:
        connection.execute(TABLE)
        connection.executemany(
            "insert into int_text_signatures values ($1, 'body of ' || $1, 2024, $2, $3)", list(reports)
        )
        pairs = connection.sql(model_sql(MODEL)).project("report_id, other_report_id, likeness").fetchall()
    return {(report_id, other_id): likeness for report_id, other_id, likeness in pairs}


def measured(texts: int, seed: int) -> tuple[dict[str, tuple[int, int]], tuple[int, int, int]]:
    """By kind of copy, how many are told of as copies and how many stand in the mart.

    And of all pairs of texts that are no copies of each other: how many there are, how many of them are told of, and
    how many stand in the mart. Report `7/half` is a copy of `7/original`.
    """
    chance = random.Random(seed)
    reports = []
    for number in range(texts):
        text = made_up(chance)
        versions = {"original": text, **{kind: copied(text, share, chance) for kind, share in COPIES.items()}}
        for kind, version in versions.items():
            body = f"{chance.choice('东南西北')}{chance.choice('山河江湖')}{chance.choice('市县区')}"
            reports.append((f"{number}/{kind}", *signed(version, body, chance)))
    found = likenesses(reports)
    copies = {}
    for kind in COPIES:
        likeness = [found.get((f"{number}/{kind}", f"{number}/original"), Decimal(0)) for number in range(texts)]
        copies[kind] = (sum(each >= FINDING_LEAST for each in likeness), sum(map(bool, likeness)))
    apart = [likeness for (one, other), likeness in found.items() if one.split("/")[0] != other.split("/")[0]]
    versions_each = len(COPIES) + 1
    pairs = texts * versions_each * (texts - 1) * versions_each
    return copies, (pairs, sum(each >= FINDING_LEAST for each in apart), len(apart))


def timed(reports: int) -> str:
    """Processor time of the model over so many made-up signatures, a tenth of them in groups of copies."""
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        connection.execute(TABLE)
        connection.execute(MADE_UP_SIGNATURES, {"reports": reports})
        started = time.process_time()
        connection.execute(f"create table likeness as {model_sql(MODEL)}")
        seconds = time.process_time() - started
        (rows,) = connection.execute("select count(*) from likeness").fetchone() or (0,)
    return f"{reports:,} reports: {seconds:.1f} s of processor time, {rows:,} pairs"


def main() -> None:
    """Print recall and false alarms, or the time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, help="time the model on so many signatures")
    arguments = parser.parse_args()
    if arguments.reports:
        sys.stdout.write(timed(arguments.reports) + "\n")
        return
    copies, (pairs, told, noted) = measured(TEXTS, SEED)
    lines = [f"{TEXTS} made-up texts; told of from a likeness of {FINDING_LEAST}, in the mart from 0.5"]
    lines += [
        f"{kind:28} told of {found:4} of {TEXTS}, in the mart {seen:4}" for kind, (found, seen) in copies.items()
    ]
    lines.append(f"{'no copies of each other':28} told of {told} of {pairs:,} pairs, in the mart {noted}")
    sys.stdout.write("\n".join(lines) + "\n")


TABLE = """
create table int_text_signatures (
    report_id varchar, body_id varchar, report_year bigint, shingle_count bigint, signature varchar
)
"""
MADE_UP_SIGNATURES = """
insert into int_text_signatures
select
    printf('%032x', number),
    'body ' || number // 10,
    2015 + number % 10,
    1500,
    case
        when number % 100 < 10 then repeat(md5(cast(number // 1000 as varchar)), 3)
        else md5('a' || number) || md5('b' || number) || md5('c' || number)
    end || md5('d' || number)
from range($reports) as numbers (number)
"""
"""Of every thousand reports, a hundred have three quarters of their signatures in common."""

if __name__ == "__main__":
    main()

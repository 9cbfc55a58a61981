"""The corpus of made-up documents: `python -m tests.layouts.run --documents 5000 --seed 1`.

Reads every document and prints, per quirk and per format, how many cells are exact, doubtful and silently wrong, with
the seeds of the wrong ones. Cells of which the document does not say that they are what they are, because what alone
says so was not printed, are counted apart (`untold`) and in no share. `--replay SEED` shows one document again,
`--keep FILE` writes it down.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.layouts.judge import Verdict, judge, read_sample
from tests.layouts.quirks import BY_NAME, Sample, draw
from tests.layouts.render import FORMATS
from tests.layouts.scan import SCANS

SEEDS_SHOWN = 8
MIX = "5,20,30,25,15,5"
"""Shares, in percent, of documents with no quirk, one, two, ... in the figure that goals are read on."""


class Tally:
    """Sums of verdicts, and seeds to replay."""

    def __init__(self) -> None:
        self.documents = self.exact = self.doubtful = self.wrong = self.lost = self.untold = 0
        self.caught = self.suspected = self.agreed = 0
        self.wrong_seeds: list[str] = []
        self.lost_seeds: list[str] = []
        self.doubtful_seeds: list[str] = []
        self.caught_seeds: list[str] = []
        self.suspected_seeds: list[str] = []

    def add(self, sample: Sample, verdict: Verdict) -> None:
        """Count one document."""
        self.documents += 1
        self.exact += verdict.exact
        self.doubtful += len(verdict.doubtful)
        self.wrong += len(verdict.wrong)
        self.lost += len(verdict.lost)
        self.untold += len(verdict.untold)
        self.caught += len(verdict.caught)
        self.suspected += len(verdict.suspected)
        self.agreed += verdict.agreed
        for seeds, found in (
            (self.wrong_seeds, verdict.wrong),
            (self.lost_seeds, verdict.lost),
            (self.doubtful_seeds, verdict.doubtful),
            (self.caught_seeds, verdict.caught),
            (self.suspected_seeds, verdict.suspected),
        ):
            if found:
                seeds.append(sample.seed)

    def line(self, name: str) -> str:
        """One row of the printed table."""
        cells = max(self.exact + self.doubtful + self.wrong, 1)
        return (
            f"{name:28}{self.documents:7}{cells:9}{100 * self.exact / cells:9.3f}{100 * self.doubtful / cells:9.3f}"
            f"{self.wrong:7}{self.lost:7}{self.untold:7}"
            f"{100 * self.agreed / cells:9.3f}{self.caught:7}{self.suspected:7}"
            f"  {' '.join(self.wrong_seeds[:SEEDS_SHOWN])}"
        )


HEAD = (
    f"{'':28}{'docs':>7}{'cells':>9}{'exact %':>9}{'doubt %':>9}{'wrong':>7}{'lost':>7}{'untold':>7}"
    f"{'agree %':>9}{'caught':>7}{'susp.':>7}  seeds of wrong ones"
)


def mixed(by_number: dict[int, Tally], shares: Sequence[int]) -> float:
    """Percent of cells that are exact in documents of which those with 0, 1, 2, ... quirks have the given shares."""
    told = [(share, by_number[number]) for number, share in enumerate(shares) if number in by_number]
    exact = sum(share * tally.exact / max(tally.exact + tally.doubtful + tally.wrong, 1) for share, tally in told)
    return 100 * exact / max(sum(share for share, _ in told), 1)


def run(
    documents: int,
    seed: int,
    shares: Sequence[int],
    formats: Sequence[str] = (),
    quirks: tuple[str, ...] | None = None,
) -> Tally:
    """Read the corpus of a seed and print what became of it. Returns the sums over all documents.

    `formats`, taken in turn, and `quirks` stand for those that would be drawn.
    """
    whole = Tally()
    by_format: dict[str, Tally] = defaultdict(Tally)
    by_quirk: dict[str, Tally] = defaultdict(Tally)
    by_number: dict[int, Tally] = defaultdict(Tally)
    began = time.monotonic()
    try:
        for number in range(documents):
            sample = draw(f"{seed}:{number}", formats[number % len(formats)] if formats else None, quirks)
            verdict = judge(sample)
            sums = (whole, by_format[sample.document_format], by_number[len(sample.quirks)])
            for tally in (*sums, *(by_quirk[name] for name in sample.quirks)):
                tally.add(sample, verdict)
            if not sample.quirks:
                by_quirk["(none)"].add(sample, verdict)
            if verdict.wrong or sys.stderr.isatty() or number % 250 == 249:
                seconds = time.monotonic() - began
                wrong = f"{whole.wrong} wrong in {' '.join(whole.wrong_seeds) or 'none'}"
                print(f"\r{number + 1} of {documents}, {wrong}, {seconds:.0f} s", end="", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"stopped after {whole.documents} documents", file=sys.stderr)
    print(file=sys.stderr)
    print("Formats\n" + HEAD)
    for name in sorted(by_format):
        print(by_format[name].line(name))
    print("\nNumber of quirks in one document\n" + HEAD)
    for number in sorted(by_number):
        print(by_number[number].line(str(number)))
    print(f"exact in the mix {','.join(map(str, shares))}: {mixed(by_number, shares):.3f} %")
    print("\nQuirks (of documents that have them, mostly with others)\n" + HEAD)
    for name in ("(none)", *BY_NAME):
        if name in by_quirk:
            print(by_quirk[name].line(name))
    print("\n" + HEAD + "\n" + whole.line("all"))
    for what, seeds in (
        ("lost", whole.lost_seeds),
        ("wrong cells caught by the second reading", whole.caught_seeds),
        ("right cells suspected by it", whole.suspected_seeds),
    ):
        print(f"{what} in: {' '.join(seeds[:SEEDS_SHOWN]) or 'none'}")
    return whole


def replay(seed: str, document_format: str | None, quirks: tuple[str, ...] | None, keep: Path | None) -> None:
    """Read one document again and print what is not exact."""
    sample = draw(seed, document_format, quirks)
    if keep:
        keep.write_bytes(sample.payload)
    verdict = judge(sample)
    reading = read_sample(sample)
    print(f"{seed}: {sample.document_format}, {', '.join(sample.quirks) or 'no quirk'}; {reading.read_state}")
    cells = {(c.table_key, c.row_key, c.column_key): c for c in reading.cells}
    for name, keys in (("wrong", verdict.wrong), ("doubtful", verdict.doubtful)):
        for key in keys:
            cell = cells.get(key)
            found = f"{cell.cell_kind} {cell.raw_text!r} at {cell.place}" if cell else "no such cell"
            print(f"{name:9}{'.'.join(key):62} truth {sample.truth.get(key)}, read {found}")
    for leftover in reading.leftovers:
        print(f"leftover {leftover.raw_text!r} at {leftover.place}: {leftover.reason}")
    print(f"lost: {' '.join(verdict.lost) or 'nothing'}")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay", metavar="SEED", help="one document, named as it is printed: 1:734")
    parser.add_argument("--formats", default="", help=f"in these, parted by commas: {', '.join([*FORMATS, *SCANS])}")
    parser.add_argument("--quirks", help="with these quirks, parted by commas; with none if empty")
    parser.add_argument("--keep", type=Path, help="with --replay: write the document to this file")
    parser.add_argument(
        "--quirks-per-document", default=MIX, help="shares of documents with 0, 1, 2, ... quirks in the mixed figure"
    )
    asked = parser.parse_args()
    quirks = None if asked.quirks is None else tuple(filter(None, asked.quirks.split(",")))
    formats = tuple(filter(None, asked.formats.split(",")))
    if asked.replay:
        replay(asked.replay, formats[0] if formats else None, quirks, asked.keep)
        return
    shares = [int(share) for share in asked.quirks_per_document.split(",")]
    raise SystemExit(1 if run(asked.documents, asked.seed, shares, formats, quirks).wrong else 0)


if __name__ == "__main__":
    main()

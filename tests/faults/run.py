"""Simulated portals under random faults and random kills: what becomes of every entry.

    python -m tests.faults.run --portals 200 --reports 30 --seed 1

First the portals answer with faults and the collector is killed at random moments; then it is left to end while the
faults go on; then the faults cease. A month later each portal has changed: one report says something else, one is
withdrawn, one is new. All is asked for again, first with faults and a kill, then twice without, and each entry must
end in the one state that the portal's plan gives it.
Exit code 1 when an entry is in another state, a fetched page is lost, or one is fetched again without need.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from flows.archive.exchange import ArchiveError
from flows.archive.index import ArchiveIndex
from flows.archive.reader import read_payload, verify
from flows.archive.sightings import REFUSED_TITLE, ArchivedDocument
from tests.faults.portals import REFUSERS
from tests.faults.server import FaultServer

CLOCK = dt.datetime(2025, 4, 1, 8, 0, tzinfo=dt.UTC)
A_DAY_LATER = dt.timedelta(hours=25)
REVISIT_DAYS = 40
A_REVISIT_LATER = dt.timedelta(days=REVISIT_DAYS + 1)
HEALING_ROUNDS = 6
ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {
    "PACE_SECONDS": "0",
    "CONNECT_TIMEOUT_SECONDS": "5",
    "READ_TIMEOUT_SECONDS": "1",
    "ANSWER_SECONDS": "1.5",
    "ANSWER_BYTES": "1000000",
    "RETRY_WAIT_SECONDS": "2",
    "REVISIT_DAYS": str(REVISIT_DAYS),
    "REVISIT_OLD_DAYS": str(REVISIT_DAYS),
    "WARC_BYTES": "3000000",
}


@dataclasses.dataclass
class Tally:
    """What a run came to."""

    portals: int
    reports: int
    workers: int
    kills: int = 0
    rounds: int = 0
    requests: int = 0
    faults: Counter[str] = dataclasses.field(default_factory=Counter)
    states: Counter[str] = dataclasses.field(default_factory=Counter)
    families: int = 0
    files: int = 0
    """Files beside pages."""
    posts: int = 0
    """Requests with a form or JSON."""
    changed: int = 0
    """Reports of which the archive has what they said before and what they say since."""
    refusing_portals: int = 0
    torn_records_cut: int = 0
    wrong_states: list[str] = dataclasses.field(default_factory=list)
    lost: list[str] = dataclasses.field(default_factory=list)
    fetched_again: list[str] = dataclasses.field(default_factory=list)
    """Reports sent whole though the archive had them."""
    cut_off_by_kills: int = 0
    """Reports sent whole to a process that was killed before it had archived them."""
    damaged: list[str] = dataclasses.field(default_factory=list)
    seconds: float = 0

    @property
    def is_clean(self) -> bool:
        """Whether everything is as it should be."""
        most_cut_off = self.kills * self.workers
        bad = self.wrong_states or self.lost or self.fetched_again or self.damaged
        return not bad and self.cut_off_by_kills <= most_cut_off

    def in_words(self) -> str:
        """The counts for people."""
        bad = {
            "entries in another state": self.wrong_states,
            "fetched and lost": self.lost,
            "fetched again without need": self.fetched_again,
            "damaged records": self.damaged,
        }
        faults = ", ".join(f"{kind} {count}" for kind, count in sorted(self.faults.items()))
        lines = [
            f"{self.portals} portals of {self.families} families x {self.reports} reports, {self.rounds} runs, "
            f"{self.kills} of them killed, {self.requests} requests ({self.posts} POST), {self.seconds:.0f} s",
            f"faults: {sum(self.faults.values())} ({faults})",
            f"entries: {', '.join(f'{state} {count}' for state, count in sorted(self.states.items()))}",
            f"files beside pages: {self.files}; published otherwise since, with both versions: {self.changed}",
            f"portals that refuse for good: {self.refusing_portals}",
            f"torn records cut off and repaired: {self.torn_records_cut}",
            f"pages on their way when a run was killed, asked for again: {self.cut_off_by_kills} "
            f"(at most {self.workers} a kill)",
            *(f"{what}: {len(found)}" for what, found in bad.items()),
        ]
        lines += [f"  {what}: {one}" for what, found in bad.items() for one in found[:100]]
        return "\n".join(lines)


class Run:
    """One archive, collected into again and again."""

    def __init__(self, server: FaultServer, home: Path, tally: Tally, seed: int, workers: int) -> None:
        self.server = server
        self.home = home
        self.tally = tally
        self.draw = random.Random(f"kills {seed}")
        self.workers = workers
        self.now = CLOCK
        self.kept: dict[tuple[str, str], None] = {}
        (home / "registry").mkdir(parents=True)
        for portal in server.portals:
            portal.write_registration(home / "registry")

    def collect(self, *, kill_after: tuple[float, float] | None = None) -> str:
        """Run the collector once, or kill it after a random time; returns what it printed."""
        command = [sys.executable, "-m", "tests.faults.collect", str(self.home)]
        command += ["--now", self.now.isoformat(), "--workers", str(self.workers)]
        settings = {f"GONGKAI_{name}": value for name, value in SETTINGS.items()}
        settings["GONGKAI_PRIVATE_HOSTS"] = json.dumps(sorted(self.server.hosts))
        environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
        requests_before = self.server.requests
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            if kill_after is not None:
                while self.server.requests == requests_before and process.poll() is None:
                    time.sleep(0.01)
                time.sleep(self.draw.uniform(*kill_after))
                if process.poll() is None:
                    process.kill()
                    self.tally.kills += 1
            printed, _ = process.communicate()
        if kill_after is None and process.returncode:
            raise SystemExit(f"the collector ended with {process.returncode}")
        self.tally.rounds += 1
        self.now += A_DAY_LATER
        self.look()
        return printed

    def look(self) -> None:
        """Open the archive as the next run would, and note what it holds; what it held before must be there still."""
        index = ArchiveIndex.open(self.home / "archive")
        self.tally.torn_records_cut += sum("was cut off" in problem for problem in index.problems)
        found = {(one.url, one.payload_sha256): None for one in index.documents()}
        self.tally.lost += [url for url, digest in self.kept if (url, digest) not in found]
        self.kept = found
        self.server.held = frozenset(found)

    def heal(self) -> None:
        """Run without faults until no portal but those that never give anything stops short."""
        self.server.is_faulty = False
        never = {portal.portal_id for portal in self.server.portals if portal.never_gives}
        for _ in range(HEALING_ROUNDS):
            stopped = [json.loads(line) for line in self.collect().splitlines()]
            self.tally.wrong_states += [line["why"] for line in stopped if line["is_faulty"]]
            if {line["portal"] for line in stopped} <= never:
                return

    def judge(self) -> None:
        """Hold every entry against its portal's plan, and every page and file against what was sent."""
        archive = self.home / "archive"
        index = ArchiveIndex.open(archive)
        documents = {(one.url, one.payload_sha256): one for one in index.documents()}
        # some columns show other things beside the reports, which the title rules refuse
        states = {one.entry_url: one for one in index.entry_states() if one.entry_state != REFUSED_TITLE}
        last = {(fetch.portal_id, fetch.url): fetch.fetch_state for fetch in index.transitions()}
        for portal in self.server.changing:
            if portal.never_gives:
                self.tally.refusing_portals += 1
                found = last.get((portal.portal_id, portal.column_url))
                if found != REFUSERS[portal.habit]:
                    self.tally.wrong_states.append(f"{portal.column_url} ({portal.habit}): {found}")
            for url, expected in portal.expected_states().items():
                state = states.pop(url, None)
                self.tally.states[state.entry_state if state else "missing"] += 1
                if state is None or state.entry_state != expected:
                    what = f"{state.entry_state} ({state.reason})" if state else None
                    self.tally.wrong_states.append(f"{portal.family} {url}: {what}, not {expected}")
            for content in portal.digests(portal.age).items():
                self.hold(archive, content, documents.get(content))
            before, now = portal.digests(0), portal.digests(portal.age)
            both = [url for url in before.keys() & now.keys() if before[url] != now[url]]
            self.tally.changed += sum((url, before[url]) in documents for url in both)
            self.tally.files += sum(url.endswith(".pdf") for url in now)
        self.tally.families = len({portal.family for portal in self.server.portals})
        self.tally.wrong_states += [f"{url} is no entry of any portal" for url in states]
        self.tally.damaged += verify(archive)
        self.tally.fetched_again = self.server.again
        kept = len(documents.keys() & self.server.contents)
        self.tally.cut_off_by_kills = sum(self.server.delivered.values()) - kept
        self.tally.requests, self.tally.posts = self.server.requests, self.server.posts
        self.tally.faults = self.server.faults

    def hold(self, archive: Path, content: tuple[str, str], place: ArchivedDocument | None) -> None:
        """The bytes that were sent must be in the archive."""
        if place is None:
            self.tally.lost.append(content[0])
            return
        try:
            read_payload(archive, place.warc_file, place.warc_offset, 10_000_000)
        except ArchiveError as fault:
            self.tally.damaged.append(str(fault))


def simulate(
    portals: int, reports: int, seed: int, *, kills: int, kill_after: tuple[float, float], workers: int, home: Path
) -> Tally:
    """Run the whole proof in a folder."""
    tally = Tally(portals, reports, workers)
    began = time.monotonic()
    with FaultServer(portals, reports, seed) as server:
        run = Run(server, home, tally, seed, workers)
        server.is_faulty = True
        for _ in range(kills):
            run.collect(kill_after=kill_after)
        run.collect()
        run.heal()
        for portal in server.changing:
            portal.age = 1
        run.now += A_REVISIT_LATER
        server.is_faulty = True
        run.collect(kill_after=kill_after)
        for _ in range(2):  # what a list answered last may be known only after the reports were asked for
            run.now += A_REVISIT_LATER
            run.heal()
        run.judge()
    tally.seconds = time.monotonic() - began
    return tally


def main() -> None:
    """Run it, print the counts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--portals", type=int, default=200)
    parser.add_argument("--reports", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--workers", type=int, default=16)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = simulate(
            asked.portals,
            asked.reports,
            asked.seed,
            kills=asked.kills,
            kill_after=(0.2, 4.0),
            workers=asked.workers,
            home=Path(folder) / "data",
        )
    print(tally.in_words())
    sys.exit(0 if tally.is_clean else 1)


if __name__ == "__main__":
    main()

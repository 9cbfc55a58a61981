"""A few simulated portals under faults and kills; `make faults` runs two hundred."""

from __future__ import annotations

from pathlib import Path

from tests.faults.run import simulate

ENDS = ("content", "gone", "soft_404")


def test_every_entry_ends_in_its_true_state_and_nothing_is_lost(tmp_path: Path) -> None:
    tally = simulate(10, 6, seed=3, kills=1, kill_after=(0.1, 0.6), workers=10, home=tmp_path / "data")
    assert tally.is_clean, tally.in_words()
    assert tally.faults, tally.in_words()
    assert sum(tally.states.values()) == 9 * (6 + 1)
    assert min(tally.posts, tally.files, tally.changed, *(tally.states[one] for one in ENDS)) > 0, tally.in_words()
    assert tally.refusing_portals == 1

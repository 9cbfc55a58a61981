"""The numbers that an operator alarms on, as OpenMetrics text for a node exporter's folder or any scraper.

Every series is there at every time, with 0 where there is none, so that an alarm never waits for a name to appear;
only times that have not come yet are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from flows.journal import StageOutcome
from flows.operation.needs import NeedKind
from flows.operation.status import Status
from flows.records import Verdict

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily
    from prometheus_client.metrics_core import Metric

PREFIX = "gongkai"
SEVERITIES = ("error", "warning")


def as_openmetrics(status: Status) -> str:
    """The status as OpenMetrics 1.0 text."""
    from prometheus_client.openmetrics.exposition import generate_latest
    from prometheus_client.registry import Collector, CollectorRegistry

    class One(Collector):
        def collect(self) -> Iterable[Metric]:
            return _families(status)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(One())
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return text.decode()


def _families(status: Status) -> Iterator[Metric]:
    from prometheus_client.core import InfoMetricFamily

    yield InfoMetricFamily(f"{PREFIX}_build", "The version that runs.", {"version": status.version})
    yield _gauge(
        "stage_completed_timestamp_seconds",
        "When each stage last came to its end.",
        ("stage",),
        {(stage,): ended.timestamp() for stage, ended in status.last_completed.items()},
    )
    yield _gauge(
        "run_outcome",
        "1 for how the latest run ended, or that it is running.",
        ("outcome",),
        {(outcome,): bool(status.runs) and status.runs[0][0].outcome is outcome for outcome in StageOutcome},
    )
    yield _gauge(
        "portals",
        "Registered portals by state.",
        ("state",),
        {(state,): count for state, count in status.portals.items()},
    )
    yield _gauge(
        "needs_hand",
        "What needs a person's hand, by kind.",
        ("kind",),
        {(kind,): next((need.count for need in status.needs if need.kind is kind), 0) for kind in NeedKind},
    )
    yield _gauge(
        "disk_bytes",
        "What each part of the data folder takes.",
        ("place",),
        {(place,): size for place, size in status.disk_bytes.items()},
    )
    yield _gauge("disk_free_bytes", "Free on the disk of the data folder.", (), {(): status.free_bytes})
    yield from _of_the_copy(status)


def _of_the_copy(status: Status) -> Iterator[Metric]:
    copy = status.published
    yield _gauge("published", "Whether there is a published copy that can be read.", (), {(): copy is not None})
    if copy is None:
        return
    if copy.assessed_at:
        yield _gauge(
            "assessed_timestamp_seconds",
            "When the published copy was assessed.",
            (),
            {(): copy.assessed_at.timestamp()},
        )
    yield _gauge("own_faults", "Expectations that failed by a fault of ours.", (), {(): copy.own_faults})
    found = {(one.severity, one.verdict): one.findings for one in copy.findings}
    none = {(severity, verdict): 0 for severity in SEVERITIES for verdict in map(str, Verdict)}
    yield _gauge("findings", "Open findings.", ("severity", "verdict"), none | found)
    for name, what in (
        ("expected", "Reports expected of the season's year, and of the year before"),
        ("published", "Of those: published by this day of their season"),
        ("undated", "Of those: found without a date of publication"),
        ("unread", "Of those: fetched and not read"),
    ):
        yield _gauge(
            f"season_reports_{name}",
            f"{what}.",
            ("season",),
            {
                (season,): getattr(coverage, name)
                for season, coverage in zip(("this", "last"), copy.season, strict=True)
            },
        )


def _gauge(name: str, what: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> GaugeMetricFamily:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(f"{PREFIX}_{name}", what, labels=labels)
    for key, value in values.items():
        family.add_metric([str(part) for part in key], value)
    return family

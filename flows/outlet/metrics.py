"""The metrics of the registry (`seeds.metrics`): found by key or name, and written as people read them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flows.errors import InputError
from flows.outlet.copy import rows

if TYPE_CHECKING:
    import duckdb

NAMED_METRICS = 6
LIKENESS = 60


YEAR_BEFORE = "_previous_year"
"""Behind the name of a figure: the same figure in the report of the year before."""


@dataclasses.dataclass(frozen=True, slots=True)
class Metric:
    """One metric with what must be said beside it."""

    metric_key: str
    name_zh: str
    name_en: str
    kind: str
    """share (of the denominator, 0 to 1), ratio, diversity, a growth, or count."""
    formula: str
    numerator: str | None
    """The figures it is made of, parted by blanks."""
    denominator: str | None
    direction: str
    caveats: str | None
    """What to mind when it is read."""

    @property
    def figure_keys(self) -> list[str]:
        """The figures it is made of, those of the numerator first."""
        return list(dict.fromkeys(f"{self.numerator or ''} {self.denominator or ''}".split()))


COLUMNS = ", ".join(field.name for field in dataclasses.fields(Metric))


def all_metrics(connection: duckdb.DuckDBPyConnection) -> list[Metric]:
    """The metrics of the published copy, in the order of the registry."""
    return [Metric(**row) for row in rows(connection, f"select {COLUMNS} from seeds.metrics")]  # noqa: S608


def find_metric(connection: duckdb.DuckDBPyConnection, text: str) -> Metric:
    """The one metric that a text means: its key, its Chinese or English name, or a part of them.

    Raises InputError that names the metrics it could mean, or those most like it, when it is not one.
    """
    from rapidfuzz import fuzz, process

    wanted = text.strip().casefold()
    metrics = all_metrics(connection)
    called = {metric.metric_key: [part.casefold() for part in _names(metric)] for metric in metrics}
    by_key = {metric.metric_key: metric for metric in metrics}
    exact = [key for key, names in called.items() if wanted in names]
    part = [key for key, names in called.items() if wanted and any(wanted in name for name in names)]
    found = exact or part
    if len(found) == 1:
        return by_key[found[0]]
    if found:
        more = " and more" if found[NAMED_METRICS:] else ""
        raise InputError(
            f'"{text}" fits several metrics: {", ".join(found[:NAMED_METRICS])}{more}; write one of these keys.'
        )
    names = {name: key for key, names in called.items() for name in names}
    alike = process.extract(wanted, list(names), scorer=fuzz.WRatio, limit=NAMED_METRICS, score_cutoff=LIKENESS)
    likely = list(dict.fromkeys(names[name] for name, _, _ in alike))
    hint = f" Did you mean {', '.join(likely)}?" if likely else " docs/metrics.md lists them."
    raise InputError(f'There is no metric "{text}".{hint}')


def written(value: float | None, kind: str) -> str:
    """A value as people read it: a share in per cent, a count whole, `-` where there is none."""
    if value is None:
        return "-"
    if kind == "share":
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if kind == "count" else f"{value:.3f}"


def metric_values(
    connection: duckdb.DuckDBPyConnection,
    body_ids: Sequence[str],
    report_years: Sequence[int] | None = None,
    metric_key: str | None = None,
) -> list[dict[str, Any]]:
    """Values of bodies with n, interval and place among the peers; of some years or one metric only when named.

    Rows have the columns of `marts.mart_metric`, the place of `marts.mart_peer_comparison`, and the names and kind of
    the metric, in the order of the registry, bodies and years.
    """
    return rows(
        connection,
        """
        select
            measured.*, compared.shrunken_rate, compared.peer_count, compared.competition_rank, compared.percentile,
            compared.robust_z, compared.refusal_reason, metric.name_zh, metric.name_en, metric.kind, metric.caveats
        from marts.mart_metric as measured
        inner join (select *, rowid as place from seeds.metrics) as metric using (metric_key)
        left join marts.mart_peer_comparison as compared using (body_id, report_year, metric_key)
        where
            list_contains($1, measured.body_id)
            and ($2 is null or list_contains($2, measured.report_year))
            and ($3 is null or measured.metric_key = $3)
        order by metric.place, list_position($1, measured.body_id), measured.report_year
        """,
        [list(body_ids), list(report_years) if report_years is not None else None, metric_key],
    )


def _names(metric: Metric) -> tuple[str, str, str]:
    return (metric.metric_key, metric.name_zh, metric.name_en)

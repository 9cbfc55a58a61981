"""Expectations of our own kind, as Great Expectations has its own told."""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.expectations import UnexpectedRowsExpectation


class UnexpectedRowCountExpectation(UnexpectedRowsExpectation):  # type: ignore[misc]  # untyped
    """How many rows a query gives; none are expected.

    Great Expectations' own asks for the rows first and then, by the same query once more, for their number, of which
    only the number is kept.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,  # noqa: ANN401 - Great Expectations' own signature
    ) -> dict[str, Any]:
        count = metrics["unexpected_rows_query.row_count"]
        return {"success": count == 0, "result": {"observed_value": count}}

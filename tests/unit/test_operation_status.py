"""The status: portals, the season at the same day of two years, findings, needs; as words, JSON and OpenMetrics."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from flows.archive.writer import ArchiveWriter
from flows.batches import stage
from flows.cli_operation import status as verb
from flows.journal import noted
from flows.mail.deliveries import DigestState, add, deliveries, hold
from flows.mail.news import News
from flows.operation.needs import FINDERS, NeedKind
from flows.operation.openmetrics import as_openmetrics
from flows.operation.published_state import SeasonCoverage, published_state
from flows.operation.status import Status, status
from flows.operation.status_words import in_words
from flows.records import ExpectationResult, FetchState
from flows.settings import Settings
from flows.stages import LoadStageResult, StageResult
from tests.operated_home import (
    NOW,
    answered,
    archive,
    expected_report,
    published_copy,
    register,
    staged_world,
)
from tests.warehouse_records import World

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("GONGKAI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GONGKAI_REGISTRY", str(tmp_path / "registry"))
    register(Settings(), "one")
    return Settings()


def kinds(found: Status) -> dict[NeedKind, int]:
    return {need.kind: need.count for need in found.needs}


def sentence(found: Status, kind: NeedKind) -> str:
    return next(need.sentence for need in found.needs if need.kind is kind)


def test_portals_stand_as_their_last_list_answer_says(settings: Settings) -> None:
    register(settings, "listed", "partly", "silent", "gone", "pausing", "willing", "new", "changed")
    archive(
        settings,
        [
            answered("listed", FetchState.CONTENT, NOW - HOUR),
            answered("partly", FetchState.CONTENT, NOW - HOUR),
            answered("silent", FetchState.UNREACHABLE, NOW - HOUR),
            answered("gone", FetchState.GONE, NOW - HOUR),
            answered("pausing", FetchState.BLOCKED_JS, NOW - HOUR),
            answered("willing", FetchState.BLOCKED_JS, NOW - 30 * HOUR),
            answered("changed", FetchState.UNREACHABLE, NOW - 2 * HOUR),
            answered("changed", FetchState.CONTENT, NOW - HOUR),
        ],
        listed_whole=["listed", "silent", "changed"],
    )
    found = status(settings, NOW)
    assert found.portals == {
        "listed": 2,
        "partly_listed": 1,
        "no_list": 1,
        "unreachable": 1,
        "refused": 1,
        "paused": 1,
        "never_asked": 2,
    }
    assert kinds(found)[NeedKind.HOST_PAUSED] == 1
    assert "pausing.example.gov.cn until 2026-03-11 11:00 UTC" in sentence(found, NeedKind.HOST_PAUSED)


def test_a_season_is_held_against_the_last_at_the_same_day(settings: Settings) -> None:
    published_copy(
        settings,
        [
            expected_report(2025, "published_in_time", dt.date(2026, 3, 10)),
            expected_report(2025, "published_in_time", dt.date(2026, 3, 11)),  # tomorrow: not by this day
            expected_report(2025, "published_timeliness_unknown"),
            expected_report(2025, "read_failed"),
            expected_report(2025, "not_due", is_inferred=True),
            expected_report(2024, "published_in_time", dt.date(2025, 3, 10)),
            expected_report(2024, "published_late", dt.date(2025, 4, 2)),
            expected_report(2023, "published_in_time", dt.date(2024, 1, 2)),
        ],
    )
    this, last = published_state(settings.published, NOW.date()).season
    assert this == SeasonCoverage(2025, dt.date(2026, 3, 10), 5, 1, 1, 1, 1)
    assert last == SeasonCoverage(2024, dt.date(2025, 3, 10), 2, 0, 1, 0, 0)


def test_the_day_before_a_leap_day_stands_for_it() -> None:
    from flows.operation.published_state import _year_before

    assert _year_before(dt.date(2028, 2, 29)) == dt.date(2027, 2, 28)
    assert _year_before(dt.date(2029, 2, 28)) == dt.date(2028, 2, 28)


def test_nothing_needs_a_hand_when_all_is_well(settings: Settings) -> None:
    staged_world(settings)
    published_copy(settings)
    found = status(settings, NOW)
    assert found.needs == ()
    assert "Needs a hand\n  nothing" in in_words(found)
    assert "1 error (publisher)" in in_words(found)
    assert found.disk_bytes["published"] == settings.published.stat().st_size


def test_nothing_at_all_is_told_and_nothing_is_made(tmp_path: Path, settings: Settings) -> None:
    found = status(settings, NOW)
    assert found.published is None
    assert kinds(found) == {NeedKind.NOT_READABLE: 1}
    assert "Nothing is published at" in sentence(found, NeedKind.NOT_READABLE)
    assert "none yet" in in_words(found)
    assert not settings.home.exists()


def test_every_kind_of_need_has_a_finder() -> None:
    assert list(FINDERS) == list(NeedKind)


def test_batches_refused_left_and_damaged_are_told(settings: Settings) -> None:
    staged_world(settings)
    published_copy(settings)
    world = World()
    world.portal("q", "990122", level="county")
    late, _ = stage(settings.staged, world.rows)
    judged = ExpectationResult("e", "s", "t", "m", None, "error", "pipeline", "passed", None, 1, 0, "It holds.")
    stage(settings.staged, {"expectation_result": [judged]})  # no reason to publish
    (settings.staged / ".damaged-0123").mkdir()

    @noted("load")
    def load() -> LoadStageResult:
        return LoadStageResult(problems=["The staged batch x was not loaded because cell.parquet is damaged"])

    load()
    found = status(settings, NOW)
    assert "completed  0:00:00  1 problem\n" in in_words(found)
    assert kinds(found) == {
        NeedKind.BATCH_REFUSED: 1,
        NeedKind.BATCH_DAMAGED: 1,
        NeedKind.BATCH_NOT_PUBLISHED: 1,
    }
    assert late.batch_id in sentence(found, NeedKind.BATCH_NOT_PUBLISHED)
    assert "cell.parquet is damaged" in sentence(found, NeedKind.BATCH_REFUSED)


def test_marts_built_after_the_copy_are_told_until_they_are_published(settings: Settings) -> None:
    published_copy(settings)

    @noted("transform")
    def transform(is_unchanged: bool) -> StageResult:
        return StageResult(is_unchanged)

    @noted("publish")
    def publish() -> StageResult:
        return StageResult(False)

    transform(True)
    assert kinds(status(settings, NOW)) == {}
    transform(False)
    assert kinds(status(settings, NOW)) == {NeedKind.COPY_OUTDATED: 1}
    publish()
    assert kinds(status(settings, NOW)) == {}


def test_a_failed_stage_is_told_by_its_innermost_fault_until_a_run_succeeds(settings: Settings) -> None:
    published_copy(settings)

    @noted("transform")
    def transform(is_faulty: bool) -> StageResult:
        if is_faulty:
            raise ValueError("a test of ours failed")
        return StageResult(True)

    @noted("annual-cycle")
    def cycle() -> None:
        transform(True)

    with pytest.raises(ValueError):
        cycle()
    found = status(settings, NOW)
    assert sentence(found, NeedKind.STAGE_FAILED).startswith("transform failed at ")
    assert "a test of ours failed" in sentence(found, NeedKind.STAGE_FAILED)
    transform(False)
    assert kinds(status(settings, NOW)) == {}


def test_torn_and_damaged_archives_are_told(settings: Settings) -> None:
    published_copy(settings)
    archive(settings, [answered("one", FetchState.CONTENT, NOW - HOUR), answered("one", FetchState.GONE, NOW)])
    (warc,) = settings.archive.glob("*.warc.gz")
    whole = warc.read_bytes()
    second = whole.index(b"\x1f\x8b\x08", 10)
    warc.write_bytes(whole[:second] + b"spoilt" + whole[second:] + b"torn")
    archive(settings, [])
    found = status(settings, NOW)
    assert kinds(found)[NeedKind.WARC_TORN] == kinds(found)[NeedKind.WARC_DAMAGED] == 1
    assert f"{warc.name}.torn" in sentence(found, NeedKind.WARC_TORN)
    assert "is damaged" in sentence(found, NeedKind.WARC_DAMAGED)


def test_a_digest_is_missed_only_where_it_could_be_sent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    published_copy(settings)
    with deliveries(settings.finding_store) as connection:
        for number, (address, state) in enumerate(
            (
                ("city@example.org", DigestState.REFUSED),
                ("county@example.org", DigestState.SENT),
                ("province@example.org", DigestState.READY),
                ("bureau@example.org", DigestState.DOUBTFUL),
            )
        ):
            told = News((), 0, 0)
            add(
                connection,
                message_id=f"<{number}@x>",
                recipient=address,
                eml=address,
                state=state,
                told=told,
                now=NOW,
            )
        hold(connection, "city@example.org", "550 no such user", now=NOW)
    assert kinds(status(settings, NOW)) == {}
    monkeypatch.setenv("GONGKAI_SMTP_HOST", "mail.example.org")
    monkeypatch.setenv("GONGKAI_RECIPIENTS", str(tmp_path / "recipients.yaml"))
    found = status(Settings(), NOW)
    assert kinds(found) == {NeedKind.DIGEST_NOT_SENT: 3}
    said = sentence(found, NeedKind.DIGEST_NOT_SENT)
    for words in (
        "province@example.org (ready)",
        "bureau@example.org (doubtful)",
        "city@example.org (550 no such user)",
    ):
        assert words in said
    settings.finding_store.write_bytes(b"no store" * 100)
    assert "is damaged" in sentence(status(Settings(), NOW), NeedKind.DIGEST_NOT_SENT)


def test_faults_of_registry_and_index_are_told_and_the_rest_still_is(settings: Settings) -> None:
    published_copy(settings)
    (settings.registry / "odd.yaml").write_text("family: none")
    (settings.archive / "index").mkdir(parents=True)
    (settings.archive / "index" / "rows.sqlite").write_bytes(b"no table" * 100)
    found = status(settings, NOW)
    assert kinds(found) == {NeedKind.NOT_READABLE: 1, NeedKind.REGISTRY_FAULT: 1}
    assert found.published is not None
    assert (settings.archive / "index" / "rows.sqlite").read_bytes() == b"no table" * 100


def test_the_status_is_had_while_another_writes_the_archive_and_the_warehouse(settings: Settings) -> None:
    from flows.archive.index import ArchiveIndex
    from flows.warehouse.connection import writing

    published_copy(settings)
    index = ArchiveIndex.open(settings.archive)
    with ArchiveWriter(settings.archive, warc_bytes=1 << 30, user_agent="gongkai/test", now=lambda: NOW) as writer:
        index.add(writer.write(answered("one", FetchState.CONTENT, NOW)))
        with writing(settings.warehouse) as connection:
            connection.execute("begin")
            connection.execute("create table raw.in_the_making (x integer)")
            found = status(settings, NOW)
            connection.execute("rollback")
    assert found.portals["partly_listed"] == 1
    assert found.needs == ()


def test_openmetrics_is_valid_and_says_the_same(settings: Settings) -> None:
    staged_world(settings)
    published_copy(settings, [expected_report(2025, "published_in_time", dt.date(2026, 3, 1))])
    archive(settings, [answered("one", FetchState.BLOCKED_JS, NOW - HOUR)])

    @noted("collect")
    def collect() -> None:
        return None

    collect()
    found = status(settings, NOW)
    text = as_openmetrics(found)
    assert text.endswith("# EOF\n")
    values = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values["gongkai_portals", "paused"] == 1
    assert values["gongkai_needs_hand", "host_paused"] == 1
    assert values["gongkai_needs_hand", "disk_low"] == 0
    assert values["gongkai_findings", "error", "publisher"] == 1
    assert values["gongkai_season_reports_expected", "this"] == 1
    assert values["gongkai_season_reports_published", "last"] == 0
    assert values["gongkai_run_outcome", "completed"] == 1
    assert values["gongkai_assessed_timestamp_seconds",] == NOW.timestamp()
    assert values["gongkai_stage_completed_timestamp_seconds", "collect"] > 0
    assert {kind for name, *rest in values if name == "gongkai_needs_hand" for kind in rest} == set(NeedKind)


def test_openmetrics_without_a_copy_says_that_there_is_none(settings: Settings) -> None:
    text = as_openmetrics(status(settings, NOW))
    names = {family.name for family in text_string_to_metric_families(text)}
    assert "gongkai_published 0.0" in text
    assert "gongkai_findings" not in names


def test_the_verb_prints_all_three(settings: Settings) -> None:
    published_copy(settings)
    run = CliRunner().invoke
    assert "Needs a hand" in run(verb, []).output
    plain = json.loads(run(verb, ["--format", "json"]).output)
    assert plain["published"]["batches"] == 0 and plain["portals"]["never_asked"] == 1
    assert run(verb, ["--format", "openmetrics"]).output.endswith("# EOF\n")

"""Backups: whole while another writes, verified by digest, linked where nothing changed; and the way back."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.archive.index import ArchiveIndex
from flows.archive.reader import verify
from flows.archive.writer import ArchiveWriter
from flows.batches import stage, staged_batches
from flows.cli_operation import backup as backup_verb
from flows.cli_operation import restore as restore_verb
from flows.errors import BusyError, InputError
from flows.operation.backup import back_up, snapshots
from flows.operation.manifest import parsed
from flows.operation.restore import check, restore
from flows.quality.finding_store import acknowledge, look, opened, reopen, stored_finding, transaction
from flows.quality.sightings import sighting_of
from flows.records import FetchRole, FetchState
from flows.settings import Settings
from flows.warehouse.connection import reading, writing
from flows.warehouse.loader import load_batches
from tests.operated_home import NOW, answered, archive, published_copy, register, staged_world
from tests.unit.mail_samples import finding
from tests.warehouse_records import World

LATER = NOW + dt.timedelta(days=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with something of every part, its registry and its recipients."""
    folder = tmp_path_factory.mktemp("made")
    settings = Settings(home=folder / "home", registry=folder / "registry")
    (folder / "recipients.yaml").write_text("- address: city@example.org\n  everything: yes\n")
    register(settings, "one")
    archive(settings, [answered("one", FetchState.CONTENT, NOW, role=FetchRole.PAGE, page="a.html")])
    staged_world(settings)
    published_copy(settings)
    settings.outbox.mkdir()
    (settings.outbox / "2026-03-01-city-example-org-aaaaaaaaaaaa.sent").write_text("sent")
    (settings.home / "runs.jsonl").write_text('{"note_id": "a", "run_id": "b"}\n')
    (settings.home / "corrections.jsonl").write_text('{"report_id": "a"}\n')
    look(settings.finding_store, [sighting_of(finding())], lambda gone: {}, now=NOW)
    acknowledge(settings.finding_store, finding().finding_id, by="Records office", reason="asked for", now=NOW)
    return folder


@pytest.fixture
def settings(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A copy of it for one test."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("GONGKAI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GONGKAI_REGISTRY", str(tmp_path / "registry"))
    monkeypatch.setenv("GONGKAI_RECIPIENTS", str(tmp_path / "recipients.yaml"))
    return Settings()


def elsewhere(tmp_path: Path, settings: Settings) -> Settings:
    return Settings(home=tmp_path / "elsewhere")


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("target", ["backups", "backup.tar"])
def test_what_was_backed_up_comes_back_as_it_was(settings: Settings, tmp_path: Path, target: str) -> None:
    place, manifest = back_up(settings, tmp_path / target, now=NOW, has_warehouse=True)
    assert manifest.parts == [
        *("archive", "staged", "outbox", "registry", "recipients.yaml"),
        *("runs.jsonl", "corrections.jsonl", "findings.sqlite", "published"),
    ]
    assert check(place)[1] == manifest == check(tmp_path / target)[1]
    new = elsewhere(tmp_path, settings)
    done = restore(tmp_path / target, new, now=LATER)
    assert (done.backup, done.files, done.moved_aside) == (place, len(manifest.files), [])
    assert verify(new.archive) == []
    assert ArchiveIndex.open(new.archive).documents() == ArchiveIndex.open(settings.archive).documents() != []
    assert files_below(new.staged) == files_below(settings.staged)
    assert files_below(new.outbox) == files_below(settings.outbox)
    assert files_below(new.home / "registry") == files_below(settings.registry)
    for journal in ("runs.jsonl", "corrections.jsonl"):
        assert (new.home / journal).read_bytes() == (settings.home / journal).read_bytes()
    assert new.published.read_bytes() == new.warehouse.read_bytes() == settings.published.read_bytes()


def test_the_warehouse_is_destroyed_and_loaded_again_from_the_backup(settings: Settings, tmp_path: Path) -> None:
    def reports(warehouse: Path) -> list[tuple[object, ...]]:
        with reading(warehouse) as connection:
            return connection.execute("from raw.cell order by all").fetchall()

    before = reports(settings.warehouse)
    back_up(settings, tmp_path / "backups", now=NOW)
    shutil.rmtree(settings.home)
    restore(tmp_path / "backups", settings, now=LATER)
    assert not settings.warehouse.exists()
    load_batches(settings.warehouse, staged_batches(settings.staged), now=LATER)
    assert reports(settings.warehouse) == before != []


def test_of_two_statements_the_one_staged_last_holds_after_a_restore(settings: Settings, tmp_path: Path) -> None:
    for day, name in enumerate(("first", "second", "third")):
        world = World()
        world.portal("q", "990122", level=name)
        batch, _ = stage(settings.staged, {"portal": world.rows["portal"]})
        os.utime(batch.folder, ns=(day, 10**18 - day * 10**15))  # the first was staged last
    back_up(settings, tmp_path / "backup.tar", now=NOW)
    new = elsewhere(tmp_path, settings)
    restore(tmp_path / "backup.tar", new, now=LATER)
    load_batches(new.warehouse, staged_batches(new.staged), now=LATER)
    with reading(new.warehouse) as connection:
        assert connection.execute("select level from raw.portal where portal_id = 'q'").fetchall() == [("first",)]


@pytest.mark.parametrize("target", ["backups", "backup.tar"])
def test_a_backup_taken_while_a_run_writes_is_whole(settings: Settings, tmp_path: Path, target: str) -> None:
    with ArchiveWriter(settings.archive, warc_bytes=1 << 30, user_agent="gongkai/test", now=lambda: LATER) as writer:
        row = writer.write(answered("one", FetchState.CONTENT, LATER, role=FetchRole.PAGE, page="b.html"))
        growing = settings.archive / row.warc_file
        with growing.open("ab") as torn:
            torn.write(b"\x1f\x8b\x08half a record")  # what the writer has not finished yet
        unfinished = settings.staged / ".unfinished-x"
        unfinished.mkdir()
        (unfinished / "cell.parquet").write_bytes(b"half a batch")
        with writing(settings.warehouse):  # and the live warehouse is held
            back_up(settings, tmp_path / target, now=LATER)
        new = elsewhere(tmp_path, settings)
        restore(tmp_path / target, new, now=LATER)
    index = ArchiveIndex.open(new.archive)
    assert index.problems == [] and verify(new.archive) == []
    assert [document.url[-6:] for document in index.documents()] == ["a.html", "b.html"]
    assert not list(new.archive.glob("*.torn"))
    assert not list(new.staged.glob(".*"))


def test_a_second_backup_links_what_has_not_changed(settings: Settings, tmp_path: Path) -> None:
    first, _ = back_up(settings, tmp_path / "backups", now=NOW)
    archive(settings, [answered("one", FetchState.GONE, LATER)])
    second, manifest = back_up(settings, tmp_path / "backups", now=LATER)
    assert snapshots(tmp_path / "backups") == [first, second]
    (old,) = [path.name for path in (first / "archive").glob("*.warc.gz")]
    assert (first / "archive" / old).samefile(second / "archive" / old)
    assert len([file for file in manifest.files if file.name.endswith(".warc.gz")]) == 2
    shutil.rmtree(first)
    assert check(tmp_path / "backups") == (second, manifest)


def test_staged_batches_can_be_left_out(settings: Settings, tmp_path: Path) -> None:
    _, manifest = back_up(settings, tmp_path / "backups", now=NOW, has_staged=False)
    assert "staged" not in manifest.parts and "published" not in manifest.parts


def test_nothing_is_restored_over_data_unless_asked_and_then_it_is_moved_aside(
    settings: Settings, tmp_path: Path
) -> None:
    back_up(settings, tmp_path / "backups", now=NOW)
    archive(settings, [answered("one", FetchState.CONTENT, LATER, role=FetchRole.PAGE, page="later.html")])
    Path(f"{settings.warehouse}.wal").write_bytes(b"")
    before = files_below(settings.archive)
    with pytest.raises(InputError, match="There is data already"):
        restore(tmp_path / "backups", settings, now=LATER)
    assert files_below(settings.archive) == before
    done = restore(tmp_path / "backups", settings, now=LATER, is_replacing=True)
    aside = settings.archive.with_name("archive.before-20260311T120000000000Z")
    assert aside in done.moved_aside
    assert files_below(aside) == before
    assert len(ArchiveIndex.open(settings.archive).documents()) == 1
    # it would know batches that the archive does not have any more
    assert not settings.warehouse.exists() and not Path(f"{settings.warehouse}.wal").exists()
    assert settings.published.exists()  # readers keep their copy


def test_a_warehouse_alone_is_data_too(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "backups", now=NOW)
    new = elsewhere(tmp_path, settings)
    load_batches(new.warehouse, [], now=NOW)
    with pytest.raises(InputError, match="There is data already"):
        restore(tmp_path / "backups", new, now=LATER)
    assert new.warehouse.is_file()


def test_a_lake_is_left_as_it_is(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "backups", now=NOW, has_warehouse=True)
    data = tmp_path / "lake"
    data.mkdir()
    (data / "one.parquet").write_bytes(b"rows")
    new = Settings(
        home=tmp_path / "elsewhere", lake_data=data, warehouse=f"ducklake:{tmp_path / 'catalogue.ducklake'}"
    )
    done = restore(tmp_path / "backups", new, now=LATER)
    assert not done.has_warehouse
    assert new.published.is_file() and (data / "one.parquet").is_file()
    assert not (new.home / "warehouse").exists()


def test_acknowledgements_come_back_and_those_made_since_are_moved_aside(settings: Settings, tmp_path: Path) -> None:
    place, _ = back_up(settings, tmp_path / "backups", now=NOW)
    reopen(settings.finding_store, finding().finding_id, by="Head", reason="-", now=LATER)
    done = restore(place, settings, now=LATER, is_replacing=True)
    (aside,) = [path for path in done.moved_aside if path.name.startswith("findings.sqlite")]
    for store, state in ((settings.finding_store, "acknowledged"), (aside, "new")):
        assert stored_finding(store, finding().finding_id, today=NOW.date()).state == state


def test_a_store_that_is_written_meanwhile_is_copied_as_it_was_before(settings: Settings, tmp_path: Path) -> None:
    with opened(settings.finding_store) as connection, transaction(connection):
        connection.execute("update finding set severity = 'info'")
        place, _ = back_up(settings, tmp_path / "backups", now=NOW)
    restored = restore(place, elsewhere(tmp_path, settings), now=LATER)
    assert restored.parts.count("findings.sqlite") == 1
    copy = elsewhere(tmp_path, settings).finding_store
    assert stored_finding(copy, finding().finding_id, today=NOW.date()).sighting.severity == "error"


def test_nothing_is_moved_while_a_run_is_at_work(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "backups", now=NOW)
    with ArchiveWriter(settings.archive, warc_bytes=1 << 30, user_agent="gongkai/test", now=lambda: LATER) as writer:
        writer.write(answered("one", FetchState.CONTENT, LATER))
        with pytest.raises(BusyError, match="is being written"):
            restore(tmp_path / "backups", settings, now=LATER, is_replacing=True)
    assert not list(settings.home.glob("*.before-*"))


def damaged(place: Path) -> None:
    (warc,) = (place / "archive").glob("*.warc.gz")
    with warc.open("r+b") as file:
        file.seek(100)
        file.write(b"\x00\x01")


def shortened(place: Path) -> None:
    (warc,) = (place / "archive").glob("*.warc.gz")
    os.truncate(warc, 50)


def without_a_file(place: Path) -> None:
    next((place / "staged").rglob("cell.parquet")).unlink()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(damaged, "is not what it was"), (shortened, "before its end"), (without_a_file, "cell.parquet is missing")],
)
def test_a_damaged_backup_restores_nothing(settings: Settings, tmp_path: Path, spoil: object, words: str) -> None:
    place, _ = back_up(settings, tmp_path / "backups", now=NOW)
    spoil(place)  # type: ignore[operator]
    for attempt in (
        lambda: check(place),
        lambda: restore(place, elsewhere(tmp_path, settings), now=LATER),
    ):
        with pytest.raises(InputError, match=words):
            attempt()
    assert files_below(tmp_path / "elsewhere") == {}


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "archive/../../x", "logs/x", "archive//x", "archive/./x", "archive/a\\b"]
)
def test_a_backup_that_names_what_is_no_part_of_one_is_refused(tmp_path: Path, name: str) -> None:
    file = {"name": name, "size_bytes": 0, "sha256": "0" * 64, "modified_ns": 0}
    text = {
        "backup_format": 1,
        "made_at": NOW.isoformat(),
        "made_by": "x",
        "files": [file],
        "folders_modified_ns": {},
    }
    with pytest.raises(InputError, match="no part of one"):
        parsed(json.dumps(text).encode(), tmp_path)


def test_a_link_in_a_tar_is_not_followed(settings: Settings, tmp_path: Path) -> None:
    place, manifest = back_up(settings, tmp_path / "good.tar", now=NOW)
    warc = next(file.name for file in manifest.files if file.name.endswith(".warc.gz"))
    with tarfile.open(place) as good, tarfile.open(tmp_path / "bad.tar", "w") as bad:
        for member in good.getmembers():
            if member.name == warc:
                link = tarfile.TarInfo(warc)
                link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
                bad.addfile(link)
            else:
                bad.addfile(member, good.extractfile(member))
    with pytest.raises(InputError, match=f"{warc} is missing"):
        restore(tmp_path / "bad.tar", elsewhere(tmp_path, settings), now=LATER)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no tar at all" * 100, "is no backup"),
        (b"", "is no backup"),
        (None, "There is no backup"),
    ],
)
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    source = tmp_path / "x.tar"
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(InputError, match=words):
        check(source)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="There is no backup in"):
        check(tmp_path / "empty")


def test_a_manifest_of_a_later_version_or_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"made by a later gongkai \(9\.9\)"):
        parsed(b'{"backup_format": 2, "made_by": "9.9"}', tmp_path)
    for text in (b"{}", b"[]", b"\xff", b'{"backup_format": 1, "files": [{}]}'):
        with pytest.raises(InputError, match="cannot be read"):
            parsed(text, tmp_path)


def test_targets_that_would_do_harm_are_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is to be backed up"):
        back_up(settings, settings.archive / "backups", now=NOW)
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is a file"):
        back_up(settings, tmp_path / "file", now=NOW)
    back_up(settings, tmp_path / "b.tar", now=NOW)
    with pytest.raises(InputError, match="is there already"):
        back_up(settings, tmp_path / "b.tar", now=NOW)
    with pytest.raises(InputError, match="nothing to back up"):
        back_up(Settings(home=tmp_path / "none"), tmp_path / "none.tar", now=NOW)
    assert not (tmp_path / "none.tar").exists()
    assert not list(tmp_path.glob(".unfinished-*"))


def test_the_verbs_say_what_they_did(settings: Settings, tmp_path: Path) -> None:
    run = CliRunner(catch_exceptions=False).invoke
    said = json.loads(run(backup_verb, [str(tmp_path / "b.tar"), "--format", "json"]).output)
    assert said["parts"] == [
        *("archive", "staged", "outbox", "registry", "recipients.yaml"),
        *("runs.jsonl", "corrections.jsonl", "findings.sqlite"),
    ]
    assert "each is what it was" in run(restore_verb, [str(tmp_path / "b.tar"), "--check"]).output
    back = run(restore_verb, [str(tmp_path / "b.tar"), "--replace"]).output
    assert "are back in" in back and "GONGKAI_REGISTRY" in back and "`gongkai run --no-collect`" in back
    plain = json.loads(run(restore_verb, [str(tmp_path / "b.tar"), "--replace", "--format", "json"]).output)
    assert plain["files"] == said["files"] and plain["has_warehouse"] is False

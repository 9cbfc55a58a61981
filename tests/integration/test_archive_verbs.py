"""The verbs of the archive, and files brought in by hand, as a person types them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from warcio.checker import Checker

from flows.archive.index import ArchiveIndex
from flows.archive.rows import ListedEntry
from flows.archive.writer import ArchiveWriter
from flows.cli import cli
from flows.errors import GongkaiError, InputError
from flows.portals.collector import collect_portal
from flows.portals.registration import load_registry
from flows.sample.index import sample_report
from flows.sample.server import SamplePortals
from flows.settings import Settings
from tests.integration.scripted_portal import CLOCK

KEY = "fanli-shi-2024"
PORTAL = "sample-trs-990200"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GONGKAI_HOME", str(tmp_path))
    monkeypatch.setenv("GONGKAI_REGISTRY", str(tmp_path / "registry"))
    monkeypatch.setenv("GONGKAI_PACE_SECONDS", "0")
    monkeypatch.setenv("GONGKAI_REVISIT_DAYS", "0")
    return tmp_path


@pytest.fixture
def sample(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SamplePortals]:
    with SamplePortals() as portals:
        portals.write_registry(home / "registry")
        monkeypatch.setenv("GONGKAI_PRIVATE_HOSTS", json.dumps(sorted(portals.hosts)))
        yield portals


def collect(now: dt.datetime = CLOCK) -> None:
    settings = Settings()
    (portal,) = (one for one in load_registry(settings.registry)[0] if one.portal_id == PORTAL)
    index = ArchiveIndex.open(settings.archive)
    with ArchiveWriter(settings.archive, warc_bytes=settings.warc_bytes, user_agent="test") as writer:
        collect_portal(
            portal, settings=settings, index=index, writer=writer, now=lambda: now, allowed_hosts=frozenset()
        )


def gongkai(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=True)


def as_json(*arguments: object) -> list | dict:
    result = gongkai(*arguments, "--format", "json")
    assert result.exception is None, result.exception
    return json.loads(result.stdout)


def fault(result: Result) -> str:
    assert isinstance(result.exception, GongkaiError), result.exception
    return str(result.exception)


def test_what_was_collected_is_shown_exported_and_verified(sample: SamplePortals, home: Path) -> None:
    collect()
    url = sample.entry_url(KEY)
    (answer,) = as_json("archive", "show", url)
    assert (answer["fetch_state"], answer["record_type"]) == ("content", "response")
    gongkai("archive", "show", url, "--output", home / "page.html")
    assert sample_report(KEY).title in (home / "page.html").read_text(encoding="utf-8")
    entries = as_json("archive", "entries", "--portal", PORTAL)
    assert {"content"} == {entry["entry_state"] for entry in entries}
    assert "has no entry of a portal other" in fault(gongkai("archive", "entries", "--portal", "other"))
    assert as_json("archive", "verify") == {"warc_files": 1, "problems": []}

    everything, one = home / "out" / "all.warc.gz", home / "out" / "one.warc.gz"
    assert "copied" in gongkai("archive", "export", everything, "--portal", PORTAL).output
    assert gongkai("archive", "export", one, "--url", url).output.startswith("1 exchanges")
    for nothing in (("--portal", "other"), ("--url", url + "?other")):
        assert "has nothing of what is to be copied" in fault(
            gongkai("archive", "export", home / "out" / "none.warc.gz", *nothing)
        )
    assert "lies in the archive" in fault(gongkai("archive", "export", home / "archive" / "gongkai-1.warc.gz"))
    assert sorted(path.name for path in (home / "out").iterdir()) == ["all.warc.gz", "one.warc.gz"]
    for exported in (everything, one):
        command = type("Command", (), {"inputs": [str(exported)], "verbose": False})
        assert Checker(command).process_all() == 0
    assert "exists already" in fault(gongkai("archive", "export", one))
    assert "has nothing from" in fault(gongkai("archive", "show", url + "?other"))


def test_damage_is_found_and_told_by_the_exit_code(sample: SamplePortals, home: Path) -> None:
    collect()
    (warc,) = (home / "archive").glob("*.warc.gz")
    data = bytearray(warc.read_bytes())
    data[len(data) // 2] ^= 0xFF
    warc.write_bytes(data)
    result = gongkai("archive", "verify")
    assert result.exit_code == 1
    assert "holds no whole record" in result.output


def test_a_file_that_is_gone_is_missed(sample: SamplePortals, home: Path) -> None:
    collect()
    (warc,) = (home / "archive").glob("*.warc.gz")
    ArchiveIndex.open(home / "archive").close()
    warc.rename(home / "taken-away")
    result = gongkai("archive", "verify")
    assert result.exit_code == 1
    assert f"{warc} is not there, though it was indexed" in result.output
    (home / "archive" / "index" / f"{warc.name}.parquet").unlink()
    assert as_json("archive", "verify") == {"warc_files": 0, "problems": []}


def test_an_address_is_found_however_it_is_written(sample: SamplePortals, home: Path) -> None:
    collect()
    url = sample.entry_url(KEY)
    for written in (url.replace("http", "HTTP"), f"{url}#top", f" {url}"):
        (answer,) = as_json("archive", "show", written)
        assert answer["url"] == url
        assert gongkai("archive", "diff", written).output == f"{url}: one version only.\n"
    assert gongkai("archive", "export", home / "one.warc.gz", "--url", f"{url}#top").output.startswith("1 exchanges")
    assert "is no http address" in fault(gongkai("archive", "show", "portal"))


def test_nothing_that_a_portal_wrote_steers_the_terminal(home: Path) -> None:
    title = "示例\x1b[31m2024\u202e年报"
    url = "http://www.example.gov.cn/1.html"
    with ArchiveWriter(home / "archive", warc_bytes=1 << 20, user_agent="test") as writer:
        row = ListedEntry(url, title, None, True, "annual_report")
        writer.write_listing("p", "http://www.example.gov.cn/", [row], CLOCK)
    printed = gongkai("archive", "entries").output
    assert "示例\ufffd[31m2024\ufffd年报" in printed
    assert not {"\x1b", "\u202e"} & set(printed)
    found = gongkai("archive", "entries", "--format", "json").output
    assert not {"\x1b", "\u202e"} & set(found)
    assert json.loads(found)[0]["title"] == title  # nothing of it is lost


def test_files_of_one_name_are_not_taken_for_two_versions_of_one(home: Path) -> None:
    for folder in ("a", "b"):
        (home / folder).mkdir()
        (home / folder / "附件.txt").write_text(f"附件 {folder}", encoding="utf-8")
    (home / "page.html").write_text("<html>年报</html>", encoding="utf-8")
    options = [part for pair in NAMED.items() for part in pair]
    result = gongkai("ingest", home / "page.html", home / "a" / "附件.txt", home / "b" / "附件.txt", *options)
    assert "Two of the files are called 附件.txt" in fault(result)
    assert not list(home.glob("archive/*.warc.gz"))
    assert gongkai("ingest", home / "page.html", home / "a" / "附件.txt", *options).exit_code == 0
    (answer,) = as_json("archive", "show", f"{NAMED['--url']}#file:%E9%99%84%E4%BB%B6.txt")
    assert answer["fetch_state"] == "content"
    assert "stands on no list" in fault(gongkai("archive", "entries", "--portal", "by-hand"))


def test_a_report_published_again_is_compared_cell_by_cell(sample: SamplePortals) -> None:
    collect()
    planted = sample_report(KEY).planted
    assert planted is not None
    url = sample.entry_url(KEY)
    assert gongkai("archive", "diff", url).output == f"{url}: one version only.\n"
    sample.change_report(KEY, {(planted.table, planted.row, planted.column): planted.correct})
    collect(CLOCK + dt.timedelta(days=1))
    (revision,) = as_json("archive", "diff", url)
    assert revision["cells"] == [
        {
            "table_key": planted.table,
            "row_key": planted.row,
            "column_key": planted.column,
            "before": planted.printed,
            "after": planted.correct,
        }
    ]
    assert f"{planted.printed} -> {planted.correct}" in gongkai("archive", "diff", url).output


def test_a_file_brought_in_by_hand_is_read_like_a_collected_one(sample: SamplePortals, home: Path) -> None:
    from flows.documents import Limits
    from flows.reports.archived import read_archived

    collect()
    url = sample.entry_url(KEY)
    gongkai("archive", "show", url, "--output", home / "saved.html")
    published = "https://www.example.gov.cn/nb/2024.html"
    named = ("--url", published, "--body", "凡例市人民政府", "--division", "990200")
    result = gongkai("ingest", home / "saved.html", *named)
    assert result.exception is None, result.exception
    assert "archived in" in result.output
    assert "has it already" in gongkai("ingest", home / "saved.html", *named).output
    settings = Settings()
    index = ArchiveIndex.open(settings.archive)
    (document,) = index.versions(published)
    assert (document.portal_id, document.body_name, document.division_code) == ("by-hand", "凡例市人民政府", "990200")
    rows, problems = read_archived(settings.archive, [document], {}, Limits())
    assert problems == []
    assert [report.title for report in rows["report"]] == [sample_report(KEY).title]
    assert as_json("archive", "verify") == {"warc_files": 2, "problems": []}
    (answer,) = as_json("archive", "show", published)
    assert (answer["record_type"], answer["reason"]) == ("resource", "brought in by hand from saved.html")
    # what a person brings in says nothing about whether the host refuses machines
    assert index.refused_until("www.example.gov.cn", 3600, dt.datetime.now(dt.UTC)) is None


CHALLENGE = "<html><script r='m'>$_ts=window['$_ts']</script></html>"
NAMED = {"--url": "https://www.example.gov.cn/a.html", "--body": "示例市人民政府", "--division": "990100"}


@pytest.mark.parametrize(
    ("content", "changes", "sentence"),
    [
        (CHALLENGE, {}, "is no report but what a portal puts in its place (blocked_js"),
        ("", {}, "The file is empty"),
        (b"%!PS-Adobe-3.0", {}, "is a PostScript, which is not read"),
        ("<html>年报</html>", {"--url": "https://www.example.com/a.html"}, "is not under gov.cn"),
        ("<html>年报</html>", {"--url": "file:///etc/passwd"}, "is no http address"),
        ("<html>年报</html>", {"--division": "123456"}, "GB/T 2260 has no 123456"),
        ("<html>年报</html>", {"--body": " "}, "--body is empty"),
        (None, {}, "cannot be read: no such file"),
    ],
)
def test_what_cannot_be_brought_in_is_one_sentence(
    home: Path, content: str | bytes | None, changes: dict[str, str], sentence: str
) -> None:
    file = home / "saved.html"
    if content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    options = [part for pair in (NAMED | changes).items() for part in pair]
    result = gongkai("ingest", file, *options)
    assert isinstance(result.exception, InputError)
    assert sentence in str(result.exception)
    assert not list(home.glob("archive/*.warc.gz"))

"""`gongkai portals`: probing, adding, checking and showing, against the simulated portal of every family."""

from __future__ import annotations

import datetime as dt
import errno
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from flows.cli_portals import portals
from flows.errors import GongkaiError
from flows.portals.checking import HEALTH_FILE
from flows.portals.pace import PORTAL_TIME, asking_alone
from flows.sample.index import REPEATED, SamplePortal, family_portals, sample_reports
from flows.sample.server import SamplePortals
from tests.integration.scripted_portal import COLUMN, Reply, ScriptedPortal, page, report

REPORTS = sum(report.portal == REPEATED for report in sample_reports())
ONE_A_FAMILY: dict[str, SamplePortal] = {portal.family: portal for portal in reversed(family_portals())}


@pytest.fixture(scope="module")
def sample() -> Iterator[SamplePortals]:
    with SamplePortals(None, family_portals()) as running:
        yield running


@pytest.fixture
def verbs(sample: SamplePortals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Verbs:
    (tmp_path / "registry").mkdir()
    monkeypatch.setenv("GONGKAI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GONGKAI_REGISTRY", str(tmp_path / "registry"))
    monkeypatch.setenv("GONGKAI_PACE_SECONDS", "0")
    monkeypatch.setenv("GONGKAI_PRIVATE_HOSTS", json.dumps(sorted(sample.hosts)))
    return Verbs(sample, tmp_path)


class Verbs:
    """The command in this process, with a registry and a home of its own."""

    def __init__(self, sample: SamplePortals, folder: Path) -> None:
        self.columns = sample.column_urls
        self.origin = self.columns["family-trs"].removesuffix("/trs/")
        self.home = folder / "home"
        self.registry = folder / "registry"

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit code and what was printed; a refused input gives its sentence."""
        result = CliRunner().invoke(portals, list(arguments))
        if isinstance(result.exception, GongkaiError):
            return result.exception.exit_code, str(result.exception)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--format", "json")[1])

    def add(self, portal_id: str, url: str, *options: str) -> None:
        code, said = self.run("add", portal_id, url, "--division", "320300", *options)
        assert code == 0, said


@pytest.mark.parametrize("family", ONE_A_FAMILY)
def test_a_probe_recognises_every_family(verbs: Verbs, family: str) -> None:
    url = verbs.columns[ONE_A_FAMILY[family].portal_id]
    found = verbs.json("probe", url)
    assert (found["family"], found["families"]) == (family, [family])
    assert found["accepted"]
    assert f"family: {family}\ncolumn_url: {url}\n" in found["yaml"]
    assert not (verbs.home / "archive").exists() or not list((verbs.home / "archive").glob("*.warc.gz"))
    assert list((verbs.home / "probes" / "archive").glob("*.warc.gz"))


def test_a_probe_in_words_and_what_it_refuses(verbs: Verbs) -> None:
    code, said = verbs.run("probe", verbs.columns["family-gkmlpt"])
    assert code == 0
    assert "read as: gkmlpt\n  sid: 200016\n" in said
    assert f"accepted on the first list page: {REPORTS}\n" in said
    assert "2021-03-01 示例县政府信息公开指南  [guide_or_catalogue]" in said
    assert verbs.run("probe", f"{verbs.origin}/none") == (
        3,
        f"{verbs.origin}/none cannot be probed: the column answered gone: HTTP 404.",
    )
    code, said = verbs.run("probe", "https://www.example.com/")
    assert (code, "is not under gov.cn" in said) == (2, True)
    assert verbs.run("probe", "ftp://h.gov.cn/")[0] == 2


def test_what_a_portal_writes_steers_neither_terminal_nor_yaml(verbs: Verbs, monkeypatch: pytest.MonkeyPatch) -> None:
    row = "<li><a href='./202502/t20250214_1.html' title='示例市\x1b[2J2024年政府信息公开工作年度报告'>x</a></li>"
    head = "<meta name='SiteName' content='x: [&#34;'><meta name='SiteIDCode' content='3203000040'>"
    with ScriptedPortal({COLUMN: page(f"{head}<ul>{row}</ul>")}) as portal:
        monkeypatch.setenv("GONGKAI_PRIVATE_HOSTS", json.dumps([portal.host]))
        code, said = verbs.run("probe", portal.url + COLUMN)
    assert (code, "\x1b" in said) == (0, False)
    assert "2024年政府信息公开工作年度报告  [body_then_year]" in said
    draft = yaml.safe_load(said[said.index("name: ") :])
    assert draft["name"] == 'x: ["政府信息公开年报'
    assert draft["division"] == {"code": "320300", "name": "徐州市", "level": "city"}


@pytest.mark.parametrize(
    "outer",
    [
        "<html><frameset><frame src='real/'></frameset></html>",
        "<?xml version='1.0'?><html><head><meta content='0;url=real/' http-equiv='refresh'/></head></html>",
        "<html><script>setTimeout(\"location.href='real/'\", 500)</script></html>",
    ],
)
def test_a_probe_looks_where_a_column_only_leads_on(
    verbs: Verbs, monkeypatch: pytest.MonkeyPatch, outer: str
) -> None:
    row = "<li><a href='./202502/t20250214_1.html' title='示例市2024年政府信息公开工作年度报告'>x</a></li>"
    inner = page(f"<ul>{row}</ul><script>createPageHTML(1, 0, 'index', 'html');</script>")
    with ScriptedPortal(
        {COLUMN: (200, {"Content-Type": "text/html"}, outer.encode()), f"{COLUMN}real/": inner}
    ) as portal:
        monkeypatch.setenv("GONGKAI_PRIVATE_HOSTS", json.dumps([portal.host]))
        found = verbs.json("probe", portal.url + COLUMN)
        assert (found["families"], found["family"], len(found["accepted"])) == (["trs"], "trs", 1)
        verbs.add("frame-nb", portal.url + COLUMN)
        assert verbs.run("check", "frame-nb")[0] == 0


def test_a_portal_is_added_once_and_listed(verbs: Verbs) -> None:
    verbs.add("slx-nb", verbs.columns["family-vsb"], "--body", "徐州市人民政府")
    (portal,) = verbs.json("list")
    assert (portal["family"], portal["body_name"], portal["level"]) == ("vsb", "徐州市人民政府", "city")
    assert portal["is_verified"] is False
    column = verbs.columns["family-trs"]
    for arguments, says in (
        (("slx-nb", column, "--division", "320300", "--family", "trs"), "is there already"),
        (("again-nb", verbs.columns["family-vsb"], "--division", "320300"), "is the column of slx-nb already"),
        (("x-nb", column, "--division", "123456", "--family", "trs"), "No division 123456"),
        (("X NB", column, "--division", "320300", "--family", "trs"), "is no portal name"),
        (("x-nb", column, "--division", "320300", "--family", "tsr"), "did you mean trs?"),
        (("x-nb", f"{verbs.origin}/js/webBuilderCommon.js", "--division", "320300"), "No family reads"),
    ):
        code, said = verbs.run("add", *arguments)
        assert (code, says in said) == (2, True), said
    assert [path.name for path in verbs.registry.iterdir()] == ["slx-nb.yaml"]
    assert "seen: 20" in (verbs.registry / "slx-nb.yaml").read_text()
    verbs.add("unseen-nb", column, "--family", "trs")
    code, said = verbs.run(
        "add", "bu-nb", f"{column}b/", "--division", "999000", "--body", "示例部", "--family", "trs"
    )
    assert (code, "bu-nb.yaml is written" in said) == (0, True), said
    assert "seen: null" in (verbs.registry / "unseen-nb.yaml").read_text()
    code, said = verbs.run("list", "--family", "tsr")
    assert (code, "No family is called tsr: write one of jpaas, gkmlpt," in said) == (2, True)
    assert verbs.run("list", "--division", "江苏")[0] == 2
    assert [row["division_name"] for row in verbs.json("list", "--division", "99")] == ["国务院部门"]


def test_a_registry_that_cannot_be_written_is_told(verbs: Verbs, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    code, said = verbs.run("add", "a-nb", verbs.columns["family-trs"], "--division", "320300", "--family", "trs")
    assert (code, "a-nb.yaml cannot be written (No space left on device)" in said) == (2, True), said


def test_a_portal_is_added_beside_those_of_its_province(verbs: Verbs) -> None:
    shutil.copytree(Path("flows/portals/registry/jiangsu"), verbs.registry / "jiangsu")
    verbs.add("slx-nb", verbs.columns["family-vsb"], "--body", "徐州市财政局", "--kind", "department")
    assert (verbs.registry / "jiangsu" / "slx-nb.yaml").is_file()
    assert {row["division_code"] for row in verbs.json("list", "--division", "3203")} == {"320300"}


def test_a_check_names_what_has_changed_since_the_last(verbs: Verbs) -> None:
    verbs.add("healthy-nb", verbs.columns["family-vsb"])
    verbs.add("gone-nb", f"{verbs.origin}/none/", "--family", "trs")
    verbs.add("family-nb", verbs.columns["family-jpaas"], "--family", "ucap")
    verbs.add("empty-nb", f"{verbs.origin}/js/webBuilderCommon.js", "--family", "links")
    code, said = verbs.run("check")
    assert code == 1
    states = {line.split()[0]: line.split()[1].rstrip(":;") for line in said.splitlines()[:-1]}
    assert states == {"healthy-nb": "healthy", "gone-nb": "gone", "family-nb": "family_changed", "empty-nb": "empty"}
    assert "the page bears the marks of jpaas, not of ucap" in said
    assert verbs.run("check", "healthy-nb")[0] == 0

    file = next(verbs.registry.glob("gone-nb.yaml"))
    file.write_text(file.read_text().replace("/none/", "/trs/"), encoding="utf-8")
    code, said = verbs.run("check", "gone-nb")
    assert (code, "healthy (was gone)" in said) == (0, True)
    shown = verbs.json("show", "gone-nb")
    assert (shown["file"], shown["last_check"]["reports_listed"]) == (str(file), 3)
    (verbs.home / HEALTH_FILE).write_text("[{", encoding="utf-8")
    code, said = verbs.run("check", "gone-nb")
    assert (code, "is damaged: remove it" in said) == (2, True)


ROW = '<li><a href="/nb/202502/t20250214_1.html">示例市2024年政府信息公开工作年度报告</a> 2025-02-14</li>'
NEWS = '<li><a href="/nb/202502/t20250214_2.html">示例市召开会议</a> 2025-02-14</li>'


@pytest.mark.parametrize(
    ("reply", "state", "reason"),
    [
        (page(ROW), "healthy", None),
        (page("<a href='2024/'>2024年</a><a href='2023/'>2023年</a>"), "healthy", None),
        (page("<a href='2023/'>2023年</a>"), "empty", "no rows on the first 3 of its sub-columns"),
        (page(NEWS), "titles_unmatched", "no title is that of an annual report (rows: 1)"),
        ((301, {"Location": "/nb/new/"}, b""), "moved", "the column is at {url}/nb/new/ now"),
        ((301, {"Location": "http://127.0.0.2:9/"}, b""), "moved", None),
        ((412, {}, b"$_ts"), "refused", "the column answered blocked_js: HTTP 412: script challenge"),
        ((200, {}, b"<html><title>404</title></html>"), "gone", None),
        ((500, {}, b""), "unreachable", "the column answered unreachable: HTTP 500"),
        (report("示例市2024年"), "healthy", None),
    ],
)
def test_how_a_portal_stands(
    verbs: Verbs, monkeypatch: pytest.MonkeyPatch, reply: Reply, state: str, reason: str | None
) -> None:
    with ScriptedPortal({COLUMN: reply, "/nb/new/": page(ROW), f"{COLUMN}2024/": page(ROW)}) as portal:
        monkeypatch.setenv("GONGKAI_PRIVATE_HOSTS", json.dumps([portal.host]))
        verbs.add("one-nb", portal.url + COLUMN, "--family", "trs")
        (health,) = verbs.json("check")
    assert health["health_state"] == state
    if reason is not None:
        assert health["reason"] == reason.format(url=portal.url)


def test_a_check_that_nobody_answers_has_its_own_exit_code(verbs: Verbs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGKAI_PRIVATE_HOSTS", '["127.0.0.1:9"]')
    (verbs.registry / "silent-nb.yaml").write_text(
        "name: x\nfamily: trs\ncolumn_url: http://127.0.0.1:9/nb/\nbody: null\naggregate: true\nverified: no\n"
        'seen: null\ndivision: {code: "320300", name: 徐州市, level: city}\n',
        encoding="utf-8",
    )
    code, said = verbs.run("check")
    assert (code, "silent-nb" in said, "unreachable" in said) == (3, True, True)


def test_a_check_in_hours_of_quiet_asks_nobody_and_forgets_nothing(
    verbs: Verbs, monkeypatch: pytest.MonkeyPatch
) -> None:
    verbs.add("healthy-nb", verbs.columns["family-vsb"], "--family", "vsb")
    assert verbs.run("check")[0] == 0
    now = dt.datetime.now(PORTAL_TIME)
    begins, ends = (now + dt.timedelta(hours=hours) for hours in (-2, 2))
    monkeypatch.setenv("GONGKAI_QUIET_HOURS", f"{begins:%H:%M}-{ends:%H:%M}")
    code, said = verbs.run("check")
    assert (code, "not_asked: hours of quiet" in said, "was" in said) == (3, True, False)
    assert verbs.json("show", "healthy-nb")["last_check"]["health_state"] == "healthy"
    monkeypatch.delenv("GONGKAI_QUIET_HOURS")
    code, said = verbs.run("check")
    assert (code, "(was" in said) == (0, False)


def test_a_host_that_refused_a_probe_is_left_alone_by_a_check_and_the_other_way_round(
    verbs: Verbs, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = {COLUMN: (412, {}, b"$_ts")}
    with ScriptedPortal(dict(refusing)) as one, ScriptedPortal(dict(refusing)) as other:
        monkeypatch.setenv("GONGKAI_PRIVATE_HOSTS", json.dumps([one.host, other.host]))
        assert verbs.run("probe", one.url + COLUMN)[0] == 3
        verbs.add("one-nb", one.url + COLUMN, "--family", "trs")
        verbs.add("other-nb", other.url + COLUMN, "--family", "trs")
        code, said = verbs.run("check")
        assert (code, said.count("refused:"), "left alone until" in said) == (1, 2, True)
        assert one.paths() == other.paths() == [COLUMN]
        code, said = verbs.run("probe", other.url + COLUMN)
        assert (code, "left alone until" in said, other.paths()) == (3, True, [COLUMN])


def test_nobody_is_asked_beside_another_process(verbs: Verbs) -> None:
    verbs.add("healthy-nb", verbs.columns["family-vsb"], "--family", "vsb")
    with asking_alone(verbs.home):
        for arguments in (("check",), ("probe", verbs.columns["family-vsb"])):
            code, said = verbs.run(*arguments)
            assert (code, "asks portals for" in said) == (4, True)
    assert verbs.run("check")[0] == 0


def test_known_reports_are_listed(verbs: Verbs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGKAI_REGISTRY", "flows/portals/registry")
    found = verbs.json("list", "--reports", "--division", "62")
    assert found
    assert all(row["division_code"].startswith("62") for row in found)


@pytest.mark.parametrize("verb", ["list", "show", "probe", "add", "check"])
def test_every_verb_shows_an_example(verb: str) -> None:
    result = CliRunner().invoke(portals, [verb, "--help"])
    assert f"Example: gongkai portals {verb}" in result.output
    assert "--format" in result.output

"""The registry: every fault is one sentence with file, line, field and remedy, and stops only its own file."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flows.errors import InputError
from flows.formats import divisions
from flows.portals.addresses import canonical
from flows.portals.families import FAMILIES
from flows.portals.known_reports import known_reports
from flows.portals.registration import (
    RegistryError,
    chosen_portals,
    legacy_tls_hosts,
    load_registry,
    read_portal,
    registered_hosts,
)
from flows.settings import PROJECT_ROOT

GOOD = """name: 示例市政府信息公开年报
family: trs
column_url: http://www.example.gov.cn/zwgk/zfxxgknb/
division: {code: "990100", name: 示例市, level: city}
body: {name: 示例市人民政府, kind: government}
verified: no
seen: 2026-11-01
notes: none
"""


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_portal_is_read(tmp_path: Path) -> None:
    portal = read_portal(write(tmp_path, "example-nb.yaml", GOOD))
    assert (portal.portal_id, portal.family, portal.level) == ("example-nb", "trs", "city")
    assert (portal.division_code, portal.body_name, portal.body_kind) == ("990100", "示例市人民政府", "government")
    assert portal.is_verified is False
    assert registered_hosts([portal]) == {"www.example.gov.cn"}


def test_legacy_tls_is_allowed_by_name_only(tmp_path: Path) -> None:
    usual = read_portal(write(tmp_path, "usual.yaml", GOOD))
    allowed = read_portal(
        write(tmp_path, "old.yaml", GOOD.replace("www.example", "old.example") + "legacy_tls: yes\n")
    )
    assert (usual.allows_legacy_tls, allowed.allows_legacy_tls) == (False, True)
    assert legacy_tls_hosts([usual, allowed]) == {"old.example.gov.cn"}


def test_an_aggregation_names_no_body(tmp_path: Path) -> None:
    text = GOOD.replace("body: {name: 示例市人民政府, kind: government}", "body: null\naggregate: true")
    assert read_portal(write(tmp_path, "all.yaml", text)).body_name is None


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("family: trs", "famly: trs", 2, "famly: there is no such field; did you mean family?"),
        ("family: trs", "family: tsr", 2, "did you mean trs?"),
        ("family: trs", "family: wordpress", 2, "write one of jpaas, gkmlpt,"),
        ("family: trs", "family:", 2, "write a text"),
        ("family: trs\n", "", 1, "family: it is missing"),
        ("notes: none", "family: trs", 8, "it stands twice"),
        ("http://www", "htp://www", 3, "is no http address"),
        ("http://www.example.gov.cn", "http://", 3, "is no http address"),
        ("www.example.gov.cn", "www.example.com", 3, "is not under gov.cn"),
        ("www.example.gov.cn", "gov.cn.example.com", 3, "is not under gov.cn"),
        ("http://www", "http://me:secret@www", 3, "user name"),
        ('"990100"', '"53092"', 4, "is not six digits"),
        ('"990100"', '"530999"', 4, "GB/T 2260 has no 530999"),
        ('"990100"', '"?"', 4, "division.code: write what it is in place of the question mark"),
        ("{name: 示例市人民政府,", '{name: "?",', 5, "body.name: write what it is in place of the question mark"),
        ("name: 示例市政府", "name: ?政府", 1, "name: write what it is in place of the question mark"),
        ('"990100"', '"320300"', 4, "GB/T 2260 calls 320300 徐州市 (city), not 示例市 (city)"),
        ('"990100", name: 示例市, level: city', '"320300", name: 徐州市, level: county', 4, "not 徐州市 (county)"),
        ("level: city", "level: town", 4, "division.level: 'town' is not known"),
        ("level: city}", "level: city, tier: 2}", 4, "division.tier: there is no such field"),
        ("{name: 示例市人民政府, kind: government}", "{name: 示例市人民政府}", 5, "body.kind: it is missing"),
        ("{name: 示例市人民政府, kind: government}", "null", 5, "aggregate: true"),
        ("verified: no", "verified: maybe", 6, "write yes or no"),
        ("seen: 2026-11-01", "seen: November", 7, "such as 2026-11-01"),
        ("seen: 2026-11-01", "seen: 2026-02-30", 7, "such as 2026-11-01"),
        ("notes: none", "notes: [a", 9, "no YAML"),
        ("seen: 2026-11-01", "seen: 2026-13", 7, "such as 2026-11-01, 2026-11 or 2026"),
        ("seen: 2026-11-01", "seen: 2026-11-01 08:00:00", 7, "such as 2026-11-01, 2026-11 or 2026"),
        ("seen: 2026-11-01", "seen: [2026]", 7, "such as 2026-11-01"),
        ("seen: 2026-11-01", "seen: !!timestamp x", 7, "a tag (!): leave it out"),
        ("verified: no", "verified: !foo yes", 6, "a tag (!): leave it out"),
        ("verified: no", "verified: !!bool maybe", 6, "a tag (!): leave it out"),
        ("verified: no", "verified: !!python/object/apply:os.system [x]", 6, "a tag (!): leave it out"),
        ("verified: no", 'verified: "no"', 6, "write yes or no"),
        ("verified: no", "verified: [yes]", 6, "write yes or no"),
        ("notes: none", "notes: &a [*a]", 8, "an anchor (&) or a reference (*)"),
        ("notes: none", "notes: &a x", 8, "an anchor (&) or a reference (*)"),
        ("notes: none", "notes: *a", 8, "an anchor (&) or a reference (*)"),
        ("notes: none", "<<: *a", 8, "an anchor (&) or a reference (*)"),
        ("notes: none", "? [a, b]\n: c", 8, "a field: there is no such field"),
        ("notes: none", "---\nname: x", 8, "no YAML"),
        ("notes: none", "notes: a\x07b", None, "no YAML"),
        ("notes: none", "notes:\n\tx: y", 9, "no YAML"),
        (GOOD, "just a word", 1, "the file: write it as fields"),
        (GOOD, "", None, "the file: write it as fields"),
        (GOOD, "- {" * 2000, None, "no YAML"),
        (GOOD, "x" * 2_000_000, None, "larger than 64 KiB"),
    ],
)
def test_a_fault_names_file_line_field_and_remedy(
    tmp_path: Path, old: str, new: str, line: int | None, says: str
) -> None:
    path = write(tmp_path, "example.yaml", GOOD.replace(old, new))
    with pytest.raises(RegistryError) as fault:
        read_portal(path)
    sentence = str(fault.value)
    assert says in sentence
    assert str(path) in sentence
    assert "\n" not in sentence
    if line is not None:
        assert f", line {line}:" in sentence


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(GOOD.encode("gbk"))
    with pytest.raises(RegistryError, match="not UTF-8"):
        read_portal(path)


@pytest.mark.parametrize("name", ["Example.yaml", "example_nb.yaml", "示例.yaml", "example.yml"])
def test_a_file_name_that_is_no_portal_id_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(RegistryError, match="the file's name is the portal's"):
        read_portal(write(tmp_path, name, GOOD))


def test_faulty_files_do_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", GOOD)
    write(tmp_path, "b.yaml", GOOD.replace("zwgk", "zwgk2"))
    write(tmp_path, "c.yaml", GOOD.replace("www.example.gov.cn", "WWW.example.gov.cn:80"))
    write(tmp_path, "d.yaml", "name: [")
    write(tmp_path, "README.md", "not a portal")
    portals, problems = load_registry(tmp_path)
    assert [portal.portal_id for portal in portals] == ["a", "b"]
    assert [re.search(r"(\w)\.yaml", str(problem))[1] for problem in problems] == ["c", "d"]  # type: ignore[index]
    assert "column_url is that of a.yaml too" in str(problems[0])


def test_portals_are_chosen_by_name(tmp_path: Path) -> None:
    write(tmp_path, "shili-nb.yaml", GOOD)
    assert [portal.portal_id for portal in chosen_portals(tmp_path, ["shili-nb"])[0]] == ["shili-nb"]
    assert [portal.portal_id for portal in chosen_portals(tmp_path, None)[0]] == ["shili-nb"]
    with pytest.raises(InputError, match=r"did you mean shili-nb\?"):
        chosen_portals(tmp_path, ["shili-bn"])
    with pytest.raises(InputError, match="no folder"):
        chosen_portals(tmp_path / "none", None)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="No usable portal"):
        chosen_portals(tmp_path / "empty", None)


REGISTRY = PROJECT_ROOT / "flows" / "portals" / "registry"


def test_the_registry_that_comes_with_gongkai_is_sound() -> None:
    portals, problems = load_registry(REGISTRY)
    assert problems == []
    assert not any(portal.is_verified for portal in portals)
    levels = {(portal.division_code, portal.division_name, portal.level) for portal in portals}
    assert len(levels) == len({code for code, _, _ in levels})


def test_every_province_has_a_portal() -> None:
    provinces = {division.division_code for division in divisions() if division.level == "province"}
    mainland = {code for code in provinces if code < "700000"}
    assert len(mainland) == 31
    registered = {portal.division_code for portal in load_registry(REGISTRY)[0] if portal.level == "province"}
    assert mainland - registered == set()


def test_known_reports_lie_on_government_hosts_and_are_no_columns() -> None:
    found = known_reports(REGISTRY)
    columns = {portal.column_url for portal in load_registry(REGISTRY)[0]}
    codes = {division.division_code for division in divisions()} | {""}
    assert len({one.report_url for one in found}) == len(found) >= 70
    for one in found:
        assert is_government(one.report_url), one
        assert one.report_url not in columns
        assert one.division_code in codes, one
        assert one.family in {*FAMILIES, ""}
        assert re.fullmatch(r"(20\d\d)?", one.report_year)


def is_government(url: str) -> bool:
    return (urlsplit(canonical(url)).hostname or "").endswith("gov.cn")


def test_known_reports_of_the_wrong_shape_are_told(tmp_path: Path) -> None:
    assert known_reports(tmp_path) == []
    (tmp_path / "known_reports.csv").write_text("url\n", encoding="utf-8")
    with pytest.raises(InputError, match="the first line must be report_url"):
        known_reports(tmp_path)
    (tmp_path / "known_reports.csv").write_text(
        "report_url,division_code,published_by,report_year,family,dated\na,b\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match="line 2: 2 fields"):
        known_reports(tmp_path)
    (tmp_path / "known_reports.csv").write_bytes("年报".encode("gbk"))
    with pytest.raises(InputError, match="no CSV in UTF-8"):
        known_reports(tmp_path)


@pytest.mark.parametrize("seen", ["2026", "2026-11", "2026-11-01", '"2026-11"', "null", "~"])
def test_the_date_seen_may_be_known_to_the_year_only(tmp_path: Path, seen: str) -> None:
    assert read_portal(write(tmp_path, "a.yaml", GOOD.replace("2026-11-01", seen))).portal_id == "a"


@pytest.mark.parametrize("flag", ["yes", "true", "True", "ON"])
def test_a_flag_may_be_written_in_every_way_of_yaml(tmp_path: Path, flag: str) -> None:
    assert read_portal(write(tmp_path, "a.yaml", GOOD.replace("verified: no", f"verified: {flag}"))).is_verified


@pytest.mark.parametrize(
    "other",
    [
        "https://www.example.gov.cn/zwgk/zfxxgknb/",
        "http://www.example.gov.cn/zwgk/zfxxgknb/index.html",
        "http://www.example.gov.cn/zwgk/zfxxgknb",
        "http://example.gov.cn/zwgk/zfxxgknb/",
    ],
)
def test_a_column_is_registered_once_however_it_is_written(tmp_path: Path, other: str) -> None:
    write(tmp_path, "a.yaml", GOOD)
    write(tmp_path, "b.yaml", GOOD.replace("http://www.example.gov.cn/zwgk/zfxxgknb/", other))
    portals, (problem,) = load_registry(tmp_path)
    assert [portal.portal_id for portal in portals] == ["a"]
    assert "b.yaml: column_url is that of a.yaml too" in str(problem)


def test_a_division_has_one_name_and_level_in_a_registry(tmp_path: Path) -> None:
    for name, old, new in (("b", "name: 示例市,", "name: 例示市,"), ("c", "level: city", "level: county")):
        write(tmp_path, f"{name}.yaml", GOOD.replace("zwgk", name).replace(old, new))
    write(tmp_path, "a.yaml", GOOD)
    portals, problems = load_registry(tmp_path)
    assert [portal.portal_id for portal in portals] == ["a"]
    assert "b.yaml: division: 990100 is 例示市 (city) here and 示例市 (city) in a.yaml" in str(problems[0])
    assert "c.yaml: division: 990100 is 示例市 (county) here and 示例市 (city) in a.yaml" in str(problems[1])


def test_files_are_found_however_deep_and_what_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "hebei").mkdir()
    write(tmp_path / "hebei" / "xingtai", "a.yaml", GOOD)
    (tmp_path / "b.yaml").mkdir()
    (tmp_path / "c.yaml").symlink_to(tmp_path / "none")
    os.mkfifo(tmp_path / "d.yaml")
    portals, problems = load_registry(tmp_path)
    assert [portal.portal_id for portal in portals] == ["a"]
    assert [str(problem).rpartition("/")[2] for problem in problems] == [
        f"{name}.yaml: no file: remove it, or give it another name." for name in "bcd"
    ]


def test_portals_lie_in_folders_and_are_known_by_name(tmp_path: Path) -> None:
    write(tmp_path, "b-nb.yaml", GOOD)
    write(tmp_path / "hebei", "a-nb.yaml", GOOD.replace("www.example", "a.example"))
    write(tmp_path / "hunan", "a-nb.yaml", GOOD.replace("www.example", "c.example"))
    portals, problems = load_registry(tmp_path)
    assert [portal.portal_id for portal in portals] == ["a-nb", "b-nb"]
    (problem,) = problems
    assert str(problem).startswith(f"{tmp_path}/hunan/a-nb.yaml: {tmp_path}/hebei/a-nb.yaml has the same name")

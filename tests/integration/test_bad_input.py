"""Bad input at the command line: one clear sentence, the right exit code, never a traceback."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

from flows.portals.pace import asking_alone
from tests.integration.gongkai_process import gongkai
from tests.integration.scripted_portal import COLUMN, ScriptedPortal


def zip_bomb() -> bytes:
    """A few kilobytes that say they are a Word document and unpack to more than the limit."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("[Content_Types].xml", "<Types/>")
        members.writestr("word/document.xml", b"\0" * 400_000_000)
    return package.getvalue()


FILES = {
    "empty.html": b"",
    "truncated.pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 ob",
    "bomb.docx": zip_bomb(),
    "recipe.html": "<html><title>菜谱</title><body><h1>红烧肉</h1><p>五花肉一斤。</p></body></html>".encode(),
    "no-tables.html": (
        "<html><body><h1>示例市2024年政府信息公开工作年度报告</h1><p>一、总体情况</p><p>二、主动公开政府信息情况</p>"
        "<p>三、收到和处理政府信息公开申请情况</p><p>四、政府信息公开行政复议、行政诉讼情况</p>"
        "<p>五、存在的主要问题及改进情况</p><p>六、其他需要报告的事项</p></body></html>"
    ).encode(),
    "picture.html": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    "noise.txt": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("verb", ["parse", "check"])
def test_a_file_that_is_no_report_gets_one_sentence(name: str, verb: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name])
    done = gongkai(verb, str(path), home=tmp_path / "home")
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert name in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    done = gongkai("parse", str(tmp_path / "nowhere.html"), home=tmp_path / "home")
    assert done.returncode == 2
    assert "nowhere.html" in done.stderr and "Traceback" not in done.stderr


def test_a_registry_typo_names_file_and_field_and_the_others_are_listed(tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    registry.mkdir()
    good = (
        "name: 示例市\nfamily: trs\ncolumn_url: https://www.example.gov.cn/nb/\n"
        'division: {code: "320800", name: 淮安市, level: city}\n'
        "body: null\naggregate: true\nverified: no\nseen: 2026-01-02\n"
    )
    (registry / "good.yaml").write_text(good, encoding="utf-8")
    (registry / "typo.yaml").write_text(
        good.replace("family:", "familly:").replace("/nb/", "/nb2/"), encoding="utf-8"
    )
    done = gongkai("portals", "list", home=tmp_path / "home", extra={"GONGKAI_REGISTRY": str(registry)})
    assert done.returncode == 2
    assert "good" in done.stdout and "typo" not in done.stdout
    assert "typo.yaml" in done.stderr and "familly" in done.stderr and "family" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    done = gongkai("portals", "list", home=tmp_path / "home", extra={"GONGKAI_PACE_SECONDS": "soon"})
    assert done.returncode == 2
    assert "GONGKAI_PACE_SECONDS" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.usefixtures("beside_a_server")
def test_a_locked_warehouse_is_busy(tmp_path: Path) -> None:
    warehouse = tmp_path / "home" / "warehouse" / "gongkai.duckdb"
    warehouse.parent.mkdir(parents=True)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import duckdb, time; held = duckdb.connect({str(warehouse)!r})\n"
            "print('held', flush=True); time.sleep(300)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        done = gongkai("load", home=tmp_path / "home")
    finally:
        holder.kill()
        holder.wait()
        if holder.stdout:
            holder.stdout.close()
    assert done.returncode == 4, done.stderr
    assert str(holder.pid) in done.stderr and "Traceback" not in done.stderr


def test_years_that_are_none_are_refused(tmp_path: Path) -> None:
    done = gongkai("backfill", "--years", "2024-2019", "--plan", home=tmp_path / "home")
    assert done.returncode == 2
    assert "2024-2019" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "verb",
    ["run", "collect", "read", "load", "transform", "assess", "publish", "notify", "backfill", "parse", "check"],
)
def test_every_verb_has_help_with_an_example(verb: str, tmp_path: Path) -> None:
    done = gongkai(verb, "--help", home=tmp_path / "home")
    assert done.returncode == 0
    assert "Example: " in done.stdout and "gongkai " in done.stdout.split("Example: ")[1]


def test_the_registry_example_of_the_readme_is_a_portal(tmp_path: Path) -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    block = readme[readme.index("        name: Some city") : readme.index("2. Say who you are")]
    registry = tmp_path / "registry"
    registry.mkdir()
    (registry / "some-city.yaml").write_text(textwrap.dedent(block), encoding="utf-8")
    done = gongkai("portals", "list", home=tmp_path / "home", extra={"GONGKAI_REGISTRY": str(registry)})
    assert done.returncode == 0, done.stderr
    assert "some-city" in done.stdout


def test_a_home_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    done = gongkai("load", home=in_the_way / "home", folder=tmp_path)
    assert done.returncode == 2
    assert str(in_the_way / "home") in done.stderr and "Traceback" not in done.stderr


@pytest.mark.usefixtures("beside_a_server")
def test_portals_that_came_to_nothing_are_exit_code_3_and_another_process_is_4(tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    registry.mkdir()
    hosts = ["127.0.0.1:1"]  # nothing listens there
    with ScriptedPortal({COLUMN: (412, {}, b"$_ts")}) as refusing, ScriptedPortal() as empty:
        hosts += [refusing.host, empty.host]
        for number, host in enumerate(hosts):
            (registry / f"portal-{number}.yaml").write_text(
                f"name: 示例市\nfamily: trs\ncolumn_url: http://{host}{COLUMN}\n"
                'division: {code: "320800", name: 淮安市, level: city}\n'
                "body: null\naggregate: true\nverified: no\nseen: 2026-01-02\n",
                encoding="utf-8",
            )
        extra = {
            "GONGKAI_REGISTRY": str(registry),
            "GONGKAI_PRIVATE_HOSTS": json.dumps(hosts),
            "GONGKAI_PACE_SECONDS": "0",
        }
        with asking_alone(tmp_path / "home"):
            busy = gongkai("collect", home=tmp_path / "home", extra=extra)
        assert (busy.returncode, refusing.asked, "Traceback" in busy.stderr) == (4, [], False)
        assert "asks portals for" in busy.stderr
        done = gongkai("collect", home=tmp_path / "home", extra=extra)
    assert done.returncode == 3, done.stderr
    assert all(word in done.stdout for word in ("unreachable", "blocked_js", "gone"))
    assert "Traceback" not in done.stderr

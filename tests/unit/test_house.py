"""The arrows of docs/architecture.md: which room may import which."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GROUND = {
    "batches",
    "errors",
    "formats",
    "journal",
    "lake",
    "paths",
    "processes",
    "progress",
    "records",
    "settings",
    "stages",
    "terminal",
    "unfinished",
}
ROOMS: dict[str, set[str]] = {
    "archive": GROUND,
    "documents": GROUND,
    "pictures": GROUND | {"documents"},
    "portals": GROUND | {"archive"},
    "reports": GROUND | {"archive", "documents"},
    "warehouse": GROUND,
    "quality": GROUND | {"warehouse"},
    "mail": GROUND | {"outlet", "quality"},
    "outlet": GROUND | {"archive", "quality", "warehouse"},
    "operation": GROUND
    | {"archive", "documents", "mail", "outlet", "pictures", "portals", "quality", "reports", "warehouse"},
    "review": GROUND | {"quality"},
    "sample": GROUND,
}
PREFECT = {
    "annual_cycle",
    "assess",
    "backfill",
    "collect",
    "load",
    "notify",
    "publish",
    "read",
    "reread",
    "transform",
}


def named(tree: ast.AST) -> set[str]:
    """Names of all modules that a piece of code imports, also inside its functions."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} if node.module != "flows" else {f"flows.{alias.name}" for alias in node.names}
    return names


def imported(path: Path) -> set[str]:
    """Names of all modules that a file imports."""
    return named(ast.parse(path.read_text(encoding="utf-8")))


def own(names: set[str]) -> set[str]:
    """The rooms, ground modules and halls among imported names."""
    rooms = {name.split(".")[1] for name in names if name.startswith("flows.")}
    return (rooms | {"expectations"} if any(n.split(".")[0] == "expectations" for n in names) else rooms) - {
        "__version__"
    }


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_only_rooms_below_it(room: str) -> None:
    found = files(ROOT / "flows" / room)
    assert found, f"the room {room} is empty"
    for path in found:
        beyond = own(imported(path)) - ROOMS[room] - {room}
        assert not beyond, f"{path.relative_to(ROOT)} imports {sorted(beyond)}"


def test_the_ground_imports_the_ground_only() -> None:
    for name in GROUND:
        beyond = own(imported(ROOT / "flows" / f"{name}.py")) - GROUND
        assert not beyond, f"{name} imports {sorted(beyond)}"


def test_expectations_read_marts_only() -> None:
    for path in files(ROOT / "expectations"):
        beyond = own(imported(path)) - {"records", "settings", "formats", "errors", "lake", "expectations"}
        assert not beyond, f"{path.relative_to(ROOT)} imports {sorted(beyond)}"


THREADED = [*files(ROOT / "flows" / "archive"), *files(ROOT / "flows" / "portals"), *files(ROOT / "flows" / "sample")]
"""What several threads run at once. Two of them that import a package with a circle inside find half of it."""


@pytest.mark.parametrize("path", [*THREADED, ROOT / "flows" / "collect.py"], ids=lambda path: path.stem)
def test_threads_import_no_library(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    late = {name.split(".")[0] for function in functions for name in named(function)}
    assert late <= {"flows"} | set(sys.stdlib_module_names), f"{path.relative_to(ROOT)} imports {sorted(late)} late"


def test_prefect_lives_in_the_flows_only() -> None:
    for path in files(ROOT / "flows") + files(ROOT / "expectations"):
        if any(name.split(".")[0] == "prefect" for name in imported(path)):
            assert path.parent == ROOT / "flows" and path.stem in PREFECT, f"{path.relative_to(ROOT)} imports Prefect"


def test_only_settings_reads_the_environment() -> None:
    for path in files(ROOT / "flows") + files(ROOT / "expectations"):
        if path == ROOT / "flows" / "settings.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        of_os = [node for node in attributes if isinstance(node.value, ast.Name) and node.value.id == "os"]
        reads = [node for node in of_os if node.attr in ("environ", "getenv")]
        assert not reads, f"{path.relative_to(ROOT)} reads the environment at line {reads[0].lineno}"


def test_parsers_and_models_do_not_read_the_clock() -> None:
    for room in ("documents", "reports", "quality", "warehouse", "mail", "outlet"):
        for path in files(ROOT / "flows" / room):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            clock = [
                n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr in ("now", "utcnow", "today")
            ]
            assert not clock, f"{path.relative_to(ROOT)} reads the clock at line {clock[0].lineno}"
    for path in sorted((ROOT / "dbt_project" / "models").rglob("*.sql")):
        text = path.read_text(encoding="utf-8").lower()
        for word in ("current_date", "current_timestamp", "now()", "today()", "run_started_at"):
            assert word not in text, f"{path.relative_to(ROOT)} reads the clock: {word}"


def test_the_environment_scan_sees_what_it_looks_for() -> None:
    tree = ast.parse("import os\nvalue = os.environ['X']")
    assert [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr == "environ"]
    assert own({"flows.portals.trs", "expectations.checkpoint", "json"}) == {"portals", "expectations"}

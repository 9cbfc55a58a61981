"""The registry: one YAML file a portal, in folders as you like, checked field by field. A faulty file is left out."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from flows.errors import InputError
from flows.formats import divisions
from flows.portals.addresses import AddressError, canonical, column_place, host_of, is_governmental
from flows.portals.families import FAMILIES
from flows.records import Portal

FILE_BYTES = 64 * 1024
LEVELS = ("ministry", "province", "city", "county", "township")
BODY_KINDS = ("government", "department")
KEYS = ("name", "family", "column_url", "division", "body", "aggregate", "legacy_tls", "verified", "seen", "notes")
REQUIRED = ("name", "family", "column_url", "division", "verified", "seen")
DIVISION_KEYS = ("code", "name", "level")
BODY_KEYS = ("name", "kind")
PORTAL_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
FLAGS = {"yes": True, "no": False, "true": True, "false": False, "on": True, "off": False}
DATE = re.compile(r"20\d{2}(?:-\d{2}){0,2}")
OWN_CODE = re.compile(r"99\d{4}")
"""Codes of the registry's own, for what GB/T 2260 does not list."""
NUMERIC_HOST = re.compile(r"^[\d.]+$|^localhost$|:")
"""An IP address: only ever asked when GONGKAI_PRIVATE_HOSTS names it or it is public; the sample portals have one."""


class RegistryError(InputError):
    """A file of the registry is not what it should be."""


def load_registry(folder: Path) -> tuple[list[Portal], list[RegistryError]]:
    """All portals of a registry by name, and what is wrong with the files that are left out.

    Raises:
        RegistryError: the folder is not there.
    """
    if not folder.is_dir():
        raise RegistryError(
            f"{folder} is no folder: make it and put one YAML a portal there, or set GONGKAI_REGISTRY."
        )
    portals: list[Portal] = []
    problems: list[RegistryError] = []
    columns: dict[tuple[str, str, str], Path] = {}
    names: dict[str, Path] = {}
    divisions_named: dict[str, tuple[str, str, Path]] = {}
    for path in registry_files(folder):
        try:
            same_name = names.setdefault(path.stem, path)
            if same_name is not path:
                raise RegistryError(f"{path}: {same_name} has the same name: rename one, a portal is known by it.")
            portal = read_portal(path)
            earlier = columns.setdefault(column_place(portal.column_url), path)
            if earlier is not path:
                raise RegistryError(
                    f"{path}: column_url is that of {earlier.name} too: keep one of the files, each column is "
                    "collected once."
                )
            called = (portal.division_name, portal.level, path)
            *before, where = divisions_named.setdefault(portal.division_code, called)
            if before != [portal.division_name, portal.level]:
                raise RegistryError(
                    f"{path}: division: {portal.division_code} is {portal.division_name} ({portal.level}) here and "
                    f"{before[0]} ({before[1]}) in {where.name}: write it in one way."
                )
        except RegistryError as problem:
            problems.append(problem)
        else:
            portals.append(portal)
    return portals, problems


def registry_files(folder: Path) -> list[Path]:
    """The files of a registry by name: those in the folder and in folders of any depth, one a province as a rule."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in (".yaml", ".yml"))
    return sorted(found, key=lambda path: (path.stem, path))


def registered_hosts(portals: Iterable[Portal]) -> frozenset[str]:
    """The hosts of all columns: a portal's entries may lie on any of them."""
    return frozenset(host_of(portal.column_url) for portal in portals)


def legacy_tls_hosts(portals: Iterable[Portal]) -> frozenset[str]:
    """The hosts that the registry allows to be asked with legacy TLS."""
    return frozenset(host_of(portal.column_url) for portal in portals if portal.allows_legacy_tls)


def chosen_portals(
    folder: Path, portal_ids: Sequence[str] | None, divisions: Sequence[str] | None = None
) -> tuple[list[Portal], list[RegistryError]]:
    """The portals of a registry, or those named, and what is wrong with the files that are left out.

    Args:
        folder: the registry.
        portal_ids: names of portals; all when empty.
        divisions: codes of GB/T 2260, shortened or whole (`32`, `3213`, `321300`); of the portals those in or below.

    Raises:
        InputError: nothing usable is registered, a named portal is not, or none of them is in the divisions.
    """
    portals, problems = _named_portals(folder, portal_ids)
    if not divisions:
        return portals, problems
    within = tuple(_prefix(code) for code in divisions)
    found = [portal for portal in portals if portal.division_code.startswith(within)]
    if not found:
        raise InputError(f"No portal of {folder} is in the division {', '.join(divisions)}; `gongkai portals list`.")
    return found, problems


def _prefix(code: str) -> str:
    """What the codes of a division and of those below it begin with."""
    if not re.fullmatch(r"[1-9](?:\d|\d{3}|\d{5})?", code):
        raise InputError(f"{code!r} is no division: write the first one, two, four or all six digits of its code.")
    return re.sub(r"(?:00){1,2}$", "", code) if len(code) == 6 else code


def _named_portals(folder: Path, portal_ids: Sequence[str] | None) -> tuple[list[Portal], list[RegistryError]]:
    portals, problems = load_registry(folder)
    if not portal_ids:
        if not portals:
            raise InputError(
                f"No usable portal in the registry {folder}: put one YAML a portal there (docs/portals.md) or set "
                "GONGKAI_REGISTRY."
            )
        return portals, problems
    known = {portal.portal_id: portal for portal in portals}
    for portal_id in portal_ids:
        if portal_id not in known:
            remedy = _nearest(portal_id, tuple(known)) or "`gongkai portals list` shows the names there are"
            raise InputError(f"No portal named {portal_id} in {folder}: {remedy}.")
    return [known[portal_id] for portal_id in portal_ids], problems


def read_portal(path: Path) -> Portal:
    """One portal from its file.

    Raises:
        RegistryError: names the file, the line and the field, and what to write instead.
    """
    if path.suffix != ".yaml" or not PORTAL_ID.fullmatch(path.stem):
        raise RegistryError(
            f"{path}: the file's name is the portal's: small letters, digits and hyphens, then .yaml, "
            "such as lingshan-nb.yaml."
        )
    form = _Form(path, _composed(path))
    fields = form.mapping(form.root, KEYS, REQUIRED, "")
    division = form.mapping(fields["division"], DIVISION_KEYS, DIVISION_KEYS, "division.")
    body = fields.get("body")
    is_aggregate = form.flag(fields["aggregate"], "aggregate") if "aggregate" in fields else False
    named = None
    if body is not None and not form.is_null(body):
        named = form.mapping(body, BODY_KEYS, BODY_KEYS, "body.")
    if (named is None) != is_aggregate:
        raise form.fault(
            body or form.root,
            "body",
            "name the body whose reports the column lists (body: {name: ..., kind: government}), or write "
            "`aggregate: true` when it lists those of several bodies, not both",
        )
    if not form.is_null(fields["seen"]):
        form.date(fields["seen"], "seen")
    level = form.choice(division["level"], LEVELS, "division.level")
    division_name = form.text(division["name"], "division.name")
    division_code = _division_code(form, division, division_name, level)
    notes = fields.get("notes")
    return Portal(
        portal_id=path.stem,
        name=form.text(fields["name"], "name"),
        family=form.choice(fields["family"], tuple(FAMILIES), "family"),
        column_url=_column(form, fields["column_url"]),
        division_code=division_code,
        division_name=division_name,
        level=level,
        body_name=form.text(named["name"], "body.name") if named else None,
        body_kind=form.choice(named["kind"], BODY_KINDS, "body.kind") if named else BODY_KINDS[0],
        is_verified=form.flag(fields["verified"], "verified"),
        allows_legacy_tls=form.flag(fields["legacy_tls"], "legacy_tls") if "legacy_tls" in fields else False,
        notes=None if notes is None or form.is_null(notes) else form.text(notes, "notes"),
    )


class _Form:
    """The fields of one file as YAML nodes, which know their line."""

    def __init__(self, path: Path, root: yaml.Node | None) -> None:
        self.path = path
        self.root = root

    def fault(self, node: yaml.Node | None, field: str, remedy: str) -> RegistryError:
        line = f", line {node.start_mark.line + 1}" if node is not None else ""
        return RegistryError(f"{self.path}{line}: {field}: {remedy}.")

    def mapping(
        self, node: yaml.Node | None, keys: tuple[str, ...], required: tuple[str, ...], prefix: str
    ) -> dict[str, yaml.Node]:
        where = prefix.rstrip(".") or "the file"
        if not isinstance(node, yaml.MappingNode):
            raise self.fault(node, where, f"write it as fields: {', '.join(keys)}")
        fields: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "a field"
            if key not in keys:
                remedy = _nearest(key, keys) or f"the fields are {', '.join(keys)}"
                raise self.fault(key_node, f"{prefix}{key}", f"there is no such field; {remedy}")
            if key in fields:
                raise self.fault(key_node, f"{prefix}{key}", "it stands twice; keep one")
            fields[key] = value
        for key in required:
            if key not in fields:
                raise self.fault(node, f"{prefix}{key}", "it is missing; add it")
        return fields

    def text(self, node: yaml.Node, field: str) -> str:
        value = node.value if isinstance(node, yaml.ScalarNode) and not self.is_null(node) else None
        if not isinstance(value, str) or not value.strip():
            raise self.fault(node, field, "write a text")
        if value.lstrip().startswith("?"):
            raise self.fault(node, field, "write what it is in place of the question mark")
        return value.strip()

    def choice(self, node: yaml.Node, choices: tuple[str, ...], field: str) -> str:
        value = self.text(node, field)
        if value not in choices:
            remedy = _nearest(value, choices) or f"write one of {', '.join(choices)}"
            raise self.fault(node, field, f"{value!r} is not known; {remedy}")
        return value

    def flag(self, node: yaml.Node, field: str) -> bool:
        value = FLAGS.get(node.value.lower()) if isinstance(node, yaml.ScalarNode) else None
        if value is None or node.tag != "tag:yaml.org,2002:bool":
            raise self.fault(node, field, "write yes or no")
        return value

    def date(self, node: yaml.Node, field: str) -> str:
        """A day, a month or a year, as it is written."""
        value = node.value if isinstance(node, yaml.ScalarNode) else ""
        if not DATE.fullmatch(value) or not _is_in_the_calendar(value):
            raise self.fault(
                node,
                field,
                "write the day, month or year of which it is known that the column was there, such as 2026-11-01, "
                "2026-11 or 2026, or null when that is not known",
            )
        return value

    def is_null(self, node: yaml.Node) -> bool:
        return node.tag == "tag:yaml.org,2002:null"


def _composed(path: Path) -> yaml.Node | None:
    """The nodes of a file; what it needs no YAML for (tags, anchors, a second document) is refused."""
    try:
        if not path.is_file():
            raise RegistryError(f"{path}: no file: remove it, or give it another name.")
        if path.stat().st_size > FILE_BYTES:
            raise RegistryError(f"{path}: larger than {FILE_BYTES // 1024} KiB: a portal is a dozen lines.")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as fault:
        raise RegistryError(f"{path}: not UTF-8 at byte {fault.start}: save the file as UTF-8.") from fault
    except OSError as fault:
        raise RegistryError(f"{path}: cannot be read ({fault.strerror}): make it readable.") from fault
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            mark = event.start_mark
            where = f"{path}, line {mark.line + 1 if mark else 1}"
            if getattr(event, "anchor", None) is not None:
                raise RegistryError(f"{where}: an anchor (&) or a reference (*): write it out, or put it in quotes.")
            if getattr(event, "tag", None) is not None:
                raise RegistryError(f"{where}: a tag (!): leave it out, or put the value in quotes.")
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as fault:
        mark = getattr(fault, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        what = getattr(fault, "problem", None) or getattr(fault, "reason", None) or "nested too deep"
        raise RegistryError(f"{path}{line}: no YAML ({what}): correct the line.") from fault
    return node


def _is_in_the_calendar(date: str) -> bool:
    try:
        dt.date.fromisoformat(f"{date}-01-01"[:10])
    except ValueError:  # 2026-02-30
        return False
    return True


def _column(form: _Form, node: yaml.Node) -> str:
    written = form.text(node, "column_url")
    try:
        url = canonical(written)
    except AddressError as fault:
        raise form.fault(node, "column_url", f"{fault}; write the column's address as a browser shows it") from fault
    parts = urlsplit(url)
    host = parts.hostname or ""
    if "@" in urlsplit(written).netloc:
        raise form.fault(node, "column_url", "it holds a user name; write the address without it")
    if not is_governmental(host) and not NUMERIC_HOST.search(host):
        raise form.fault(
            node, "column_url", f"{host} is not under gov.cn; copies on other domains are altered, find the original"
        )
    return url


def _division_code(form: _Form, division: dict[str, yaml.Node], name: str, level: str) -> str:
    node = division["code"]
    code = form.text(node, "division.code")
    if not re.fullmatch(r"\d{6}", code):
        raise form.fault(
            node, "division.code", f"{code!r} is not six digits; write the code of GB/T 2260, such as 530924"
        )
    known = {one.division_code: one for one in divisions()}
    listed = known.get(code)
    if listed is not None and (listed.division_name, listed.level) != (name, level):
        raise form.fault(
            division["name"],
            "division",
            f"GB/T 2260 calls {code} {listed.division_name} ({listed.level}), not {name} ({level}); write it so, or "
            "the code of the division that is meant, 99xxxx for what the list does not have",
        )
    if listed is not None or OWN_CODE.fullmatch(code):
        return code
    remedy = _nearest(code, tuple(known)) or "look it up in dbt_project/seeds/divisions.csv"
    raise form.fault(
        node, "division.code", f"GB/T 2260 has no {code}; {remedy}, or 99xxxx for what the list does not have"
    )


def _nearest(word: str, words: tuple[str, ...]) -> str | None:
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else None

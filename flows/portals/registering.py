"""Writing a portal's file into the registry."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import yaml

from flows.errors import InputError
from flows.formats import divisions
from flows.portals.addresses import column_place
from flows.portals.registration import PORTAL_ID, RegistryError, load_registry, read_portal, registry_files
from flows.records import Portal

NATIONAL = "999000"
"""Division under which the departments of the State Council stand."""


@dataclasses.dataclass(frozen=True, slots=True)
class NewPortal:
    """What a person says of a portal to register."""

    portal_id: str
    column_url: str
    family: str
    division_code: str
    body_name: str | None
    """None for a column of several bodies."""
    body_kind: str
    name: str | None = None
    notes: str | None = None


def add_portal(registry: Path, new: NewPortal, seen_on: dt.date | None) -> tuple[Path, Portal]:
    """Write the file of a new portal beside those of its province; returns its path and the portal as read from it.

    Args:
        registry: its folder.
        new: what a person says of the portal.
        seen_on: when the column was looked at; None when nobody did.

    Raises:
        InputError: the name is taken or none, the division is not known, or the registry would not take the file.
    """
    if not PORTAL_ID.fullmatch(new.portal_id):
        raise InputError(
            f"{new.portal_id!r} is no portal name: small letters, digits and hyphens, such as lingshan-nb."
        )
    registered = load_registry(registry)[0]
    taken = next((path for path in registry_files(registry) if path.stem == new.portal_id), None)
    if taken is not None:
        raise InputError(f"{taken} is there already: choose another name, or edit that file.")
    folder = _folder(registry, registered, new.division_code)
    path = folder / f"{new.portal_id}.yaml"
    text = yaml.safe_dump(_fields(registered, new, seen_on), allow_unicode=True, sort_keys=False, width=118)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise InputError(f"{path} cannot be written ({fault.strerror}): make its folder writable.") from fault
    try:
        portal = read_portal(path)
        place = column_place(portal.column_url)
        same = next((one for one in registered if column_place(one.column_url) == place), None)
        if same is not None:
            raise RegistryError(f"{portal.column_url} is the column of {same.portal_id} already.")
    except RegistryError:
        path.unlink()
        raise
    return path, portal


def _fields(registered: list[Portal], new: NewPortal, seen_on: dt.date | None) -> dict[str, Any]:
    name, level = _division(registered, new.division_code)
    whose = new.body_name or name
    fields: dict[str, Any] = {
        "name": new.name or f"{whose}政府信息公开年报{'' if new.body_name else '汇总'}",
        "family": new.family,
        "column_url": new.column_url,
        "division": {"code": new.division_code, "name": name, "level": level},
        "body": {"name": new.body_name, "kind": new.body_kind} if new.body_name else None,
    }
    if new.body_name is None:
        fields["aggregate"] = True
    return fields | {"verified": False, "seen": seen_on} | ({"notes": new.notes} if new.notes else {})


def _division(registered: list[Portal], code: str) -> tuple[str, str]:
    """Name and level of a division: of GB/T 2260, or as a registered portal has it."""
    listed = next((one for one in divisions() if one.division_code == code), None)
    if listed is not None:
        return listed.division_name, listed.level
    own = next((one for one in registered if one.division_code == code), None)
    if own is None and code == NATIONAL:
        return "国务院部门", "ministry"
    if own is None:
        raise InputError(
            f"No division {code} in GB/T 2260 or in the registry: look it up in dbt_project/seeds/divisions.csv, or "
            "write the portal's file by hand (docs/portals.md)."
        )
    return own.division_name, own.level


def _folder(registry: Path, registered: list[Portal], code: str) -> Path:
    """The folder in which most portals of the same province lie; the registry itself when there are none."""
    paths = {path.stem: path for path in registry_files(registry)}
    province = code if code == NATIONAL else code[2:4] if code.startswith("99") else code[:2]
    alike = [paths[one.portal_id].parent for one in registered if one.division_code.startswith(province)]
    return max(alike, key=alike.count) if alike else registry

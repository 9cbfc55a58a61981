"""Who is told what: the recipients' YAML, and which findings belong to whom."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.errors import MessageError
from email.headerregistry import Address
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from pydantic import model_validator as whole_entry

from flows.errors import InputError
from flows.quality.finding_states import StoredFinding
from flows.quality.sightings import SEVERITIES

RECIPIENTS_BYTES = 1_000_000
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")

Language = Literal["zh", "en"]
Severity = Literal["warning", "error"]
Every = Literal["run", "day", "week"]
"""How often a recipient may be written to: at the end of every run, once a day, once in seven days."""


def _as_text(value: Any) -> Any:  # noqa: ANN401 - whatever the YAML has
    """A code written without quotes is a number to YAML."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


DivisionPrefix = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^[0-9]{1,6}$")]


class Recipient(BaseModel):
    """One person, and which findings are theirs."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    address: str
    name: str = Field(default="", max_length=200)
    language: Language = "zh"
    divisions: list[DivisionPrefix] = []
    """First digits of division codes: `32` a province, `3213` a city, `321322` a county."""
    bodies: list[str] = []
    """Names of bodies, exactly as in the findings."""
    everything: bool = False
    severity: Severity = "warning"
    """The mildest that is told."""
    every: Every | None = None
    """None: as the setting `digest_every` says."""

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, address: str) -> str:
        try:
            parsed = Address(addr_spec=address)
        except (MessageError, ValueError, IndexError) as fault:
            raise ValueError(f"{address!r} is not a mail address") from fault
        if not (parsed.username and parsed.domain and address.isascii()) or CONTROL.search(address):
            raise ValueError(f"{address!r} is not a mail address")
        return address

    @field_validator("name")
    @classmethod
    def _is_one_line(cls, name: str) -> str:
        if CONTROL.search(name):
            raise ValueError("a name is one line of text")
        return name

    @whole_entry(mode="after")
    def _wants_something(self) -> Recipient:
        if not (self.everything or self.divisions or self.bodies):
            raise ValueError("it needs `divisions`, `bodies` or `everything: true`")
        return self


def read_recipients(path: Path) -> tuple[Recipient, ...]:
    """The recipients in the order of the file; docs/mail.md describes it.

    Raises InputError, with the entry and what is wrong with it, when the file cannot be used.
    """
    try:
        if path.stat().st_size > RECIPIENTS_BYTES:
            raise InputError(f"The recipients' file {path} is larger than {RECIPIENTS_BYTES:,} bytes.")
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(
            f"The recipients' file {path} cannot be read: {getattr(fault, 'strerror', None) or fault}."
        ) from fault
    except yaml.YAMLError as fault:
        reason = " ".join(str(fault).split())
        raise InputError(f"The recipients' file {path} is not YAML: {reason}.") from fault
    if not isinstance(entries, list) or not entries:
        raise InputError(f"The recipients' file {path} must be a list of entries that begin with `- address:`.")
    try:
        recipients = TypeAdapter(tuple[Recipient, ...]).validate_python(tuple(entries))
    except ValidationError as fault:
        first = fault.errors()[0]
        entry, *field = first["loc"]
        where = f"entry {int(entry) + 1}" + "".join(f", {part}" for part in field)
        reason = first["msg"].removeprefix("Value error, ")
        raise InputError(f"The recipients' file {path}, {where}: {reason}.") from fault
    addresses = [recipient.address.lower() for recipient in recipients]
    twice = next((address for address in addresses if addresses.count(address) > 1), None)
    if twice:
        raise InputError(f"The recipients' file {path} has {twice} twice; put both entries into one.")
    return recipients


def findings_of(recipient: Recipient, findings: Iterable[StoredFinding]) -> tuple[StoredFinding, ...]:
    """The findings that are this recipient's and not too mild, in the order given."""
    prefixes = tuple(recipient.divisions)
    mildest = SEVERITIES.index(recipient.severity)
    return tuple(
        finding
        for finding in findings
        if SEVERITIES.index(finding.sighting.severity) >= mildest
        and (
            recipient.everything
            or (bool(prefixes) and finding.sighting.division_code.startswith(prefixes))
            or finding.sighting.body_name in recipient.bodies
        )
    )

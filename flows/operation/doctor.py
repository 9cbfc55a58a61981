"""The doctor: every check once, one line each, and whether gongkai can do its work on this machine."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence

from flows.operation import data_checks, installation_checks
from flows.operation.check import Check, CheckState
from flows.settings import Settings
from flows.terminal import harmless, table


def examine(settings: Settings, now: dt.datetime) -> Iterator[Check]:
    """The checks one after the other, in the order of what rests on what."""
    yield installation_checks.check_python()
    yield installation_checks.check_packages()
    yield installation_checks.check_models()
    yield installation_checks.check_fonts()
    yield installation_checks.check_libreoffice()
    yield installation_checks.check_chromium()
    yield data_checks.check_folders(settings)
    yield data_checks.check_secrets(settings)
    yield data_checks.check_disk(settings)
    yield data_checks.check_clock(settings, now)
    yield data_checks.check_registry(settings)
    yield data_checks.check_contact(settings)
    yield data_checks.check_mail(settings)
    yield data_checks.check_archive(settings)
    yield data_checks.check_warehouse(settings)
    yield data_checks.check_published(settings)


def is_fit(checks: Sequence[Check]) -> bool:
    """Whether nothing that is needed is missing or wrong."""
    return all(check.state is CheckState.OK or not check.is_needed for check in checks)


def in_words(checks: Sequence[Check]) -> str:
    """One line a check."""
    lines = table([(check.state, check.name, _told(check)) for check in checks])
    return harmless("\n".join(lines))


def as_json(checks: Sequence[Check]) -> str:
    """The checks as one JSON object."""
    plain = [{name: getattr(check, name) for name in Check.__dataclass_fields__} for check in checks]
    return json.dumps({"is_fit": is_fit(checks), "checks": plain}, ensure_ascii=False)


def _told(check: Check) -> str:
    return f"{check.found} - {check.remedy}" if check.remedy else check.found
